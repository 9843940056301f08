import { join } from "node:path";
import { stringify } from "yaml";
import type { CloudLayout } from "./cloud.ts";

/** Full name of the image that holds a pod's namespaces open. */
export const pauseImage = "tributary.local/pause:1";

/** Name of the pod network, under which the network plugin writes down which pod has which address. */
export const podNetwork = "pods";

/** Socket of a cloud's containerd inside its mount namespace; outside, the same socket lies under the cloud's folder. */
export const containerdSocket = "/run/containerd/containerd.sock";

/**
 * Configuration of containerd 1.6 or 1.7. Root, state and sockets are the usual ones, which the mount namespace makes the cloud's own.
 * Out-of-memory scores are not lowered below containerd's: inside a container or sandbox even root may not.
 */
export function renderContainerdConfig(layout: CloudLayout, cniPluginFolder: string): string {
  return `version = 2
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]

[plugins."io.containerd.internal.v1.opt"]
  path = "${join(layout.directory, "run", "opt")}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  netns_mounts_under_state_dir = true
  tolerate_missing_hugetlb_controller = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${cniPluginFolder}"
    conf_dir = "${join(layout.directory, "config", "cni")}"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
`;
}

/**
 * Pod network of a cloud. Point-to-point links rather than a bridge: every packet is routed through the node, so Service translation
 * also works between two pods of one node without the bridge netfilter module, and sources are never rewritten between clouds.
 */
export function renderCniConfig(layout: CloudLayout): string {
  return JSON.stringify(
    {
      cniVersion: "0.4.0",
      name: podNetwork,
      plugins: [
        {
          type: "ptp",
          ipMasq: false,
          ipam: { type: "host-local", ranges: [[{ subnet: layout.podCidr }]], routes: [{ dst: "0.0.0.0/0" }] },
        },
        { type: "portmap", capabilities: { portMappings: true }, snat: true },
      ],
    },
    null,
    2,
  );
}

/** Configuration of a cloud's kubelet. */
export function renderKubeletConfig(layout: CloudLayout): string {
  const pki = (file: string) => join(layout.directory, "pki", file);
  return stringify({
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: layout.nodeAddress,
    authentication: {
      x509: { clientCAFile: pki("ca.crt") },
      anonymous: { enabled: false },
      webhook: { enabled: true },
    },
    authorization: { mode: "Webhook" },
    tlsCertFile: pki("kubelet-serving.crt"),
    tlsPrivateKeyFile: pki("kubelet-serving.key"),
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    cgroupDriver: "cgroupfs",
    // Two kubelets under one cgroup root end each other's pods.
    cgroupRoot: `/${layout.cgroup}`,
    failCgroupV1: false,
    failSwapOn: false,
    resolvConf: join(layout.directory, "config", "resolv.conf"),
    clusterDNS: [layout.nodeAddress],
    clusterDomain: "cluster.local",
    makeIPTablesUtilChains: false,
    // Volumes of ConfigMaps follow with a look at their pod, a minute apart by default.
    syncFrequency: "5s",
    // A device plugin's devices are seen with the next status update, 10 s apart by default.
    nodeStatusUpdateFrequency: "2s",
    // The clouds share one disk with everything else on the machine, and an image that is collected cannot be pulled again.
    imageGCHighThresholdPercent: 100,
    evictionHard: { "memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%" },
  });
}

/** Configuration of a cloud's kube-proxy. */
export function renderKubeProxyConfig(layout: CloudLayout): string {
  return stringify({
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    clientConnection: { kubeconfig: join(layout.directory, "kubeconfig", "kube-proxy") },
    hostnameOverride: layout.cloud.name,
    clusterCIDR: layout.podCidr,
    mode: "nftables",
    healthzBindAddress: "127.0.0.1:10256",
    metricsBindAddress: "127.0.0.1:10249",
    // The connection tracking table's size belongs to the machine and may not be set from a network namespace.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
  });
}

/**
 * Configuration of a cloud's DNS, which runs on the node rather than in a pod and so needs no image. It knows the names of the cluster
 * and refuses all others: traffic of the clouds stays on this machine.
 */
export function renderCorefile(layout: CloudLayout): string {
  return `.:53 {
  bind ${layout.nodeAddress}
  errors
  cache 5
  kubernetes cluster.local in-addr.arpa {
    kubeconfig ${join(layout.directory, "kubeconfig", "admin")}
    ttl 5
  }
}
`;
}
