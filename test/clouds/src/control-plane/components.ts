import { join } from "node:path";

/** Where a control plane keeps its files and under which addresses its programs listen. */
export interface ControlPlaneLayout {
  /** Holds `etcd/` (data), `pki/` (certificates and keys) and `kubeconfig/` (one file a program). */
  readonly directory: string;
  /** Address the API server listens on and gives to others. */
  readonly address: string;
  readonly apiServerPort: number;
  readonly etcdPort: number;
  /** Range of Service addresses, for example `10.203.0.0/24`. */
  readonly serviceCidr: string;
  /** Flags added to the API server's own; a later flag wins over an earlier one. */
  readonly extraApiServerFlags: readonly string[];
}

/** Issuer, and default audience, of the service account tokens of every local cluster. */
export const tokenIssuer = "https://kubernetes.default.svc.cluster.local";

/** Address of etcd, which only programs beside it can reach. */
export function etcdUrl(layout: ControlPlaneLayout): string {
  return `http://127.0.0.1:${layout.etcdPort}`;
}

/** `https://address:port` of the API server. */
export function apiServerUrl(layout: ControlPlaneLayout): string {
  return `https://${layout.address}:${layout.apiServerPort}`;
}

/** Command line of etcd: one replica, data under `etcd/`. */
export function etcdArguments(layout: ControlPlaneLayout): string[] {
  return [
    `--data-dir=${join(layout.directory, "etcd")}`,
    `--listen-client-urls=${etcdUrl(layout)}`,
    `--advertise-client-urls=${etcdUrl(layout)}`,
    // Port 0: a lone replica has no peers, and a fixed port could be another cluster's.
    "--listen-peer-urls=http://127.0.0.1:0",
    // What the page cache holds survives every kill of a program, and a local cloud does not outlive its machine's crash.
    "--unsafe-no-fsync",
    "--auto-compaction-mode=periodic",
    "--auto-compaction-retention=10m",
    "--log-level=warn",
  ];
}

/** Command line of the API server. Certificates `api-server` and `service-accounts.key` must lie under `pki/`. */
export function apiServerArguments(layout: ControlPlaneLayout): string[] {
  const pki = (file: string) => join(layout.directory, "pki", file);
  return [
    `--etcd-servers=${etcdUrl(layout)}`,
    `--bind-address=${layout.address}`,
    `--advertise-address=${layout.address}`,
    `--secure-port=${layout.apiServerPort}`,
    `--tls-cert-file=${pki("api-server.crt")}`,
    `--tls-private-key-file=${pki("api-server.key")}`,
    `--client-ca-file=${pki("ca.crt")}`,
    `--service-account-issuer=${tokenIssuer}`,
    `--service-account-key-file=${pki("service-accounts.key")}`,
    `--service-account-signing-key-file=${pki("service-accounts.key")}`,
    `--service-cluster-ip-range=${layout.serviceCidr}`,
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    "--kubelet-preferred-address-types=InternalIP",
    `--kubelet-client-certificate=${pki("api-server-to-kubelet.crt")}`,
    `--kubelet-client-key=${pki("api-server-to-kubelet.key")}`,
    "--allow-privileged=true",
    "--profiling=false",
    ...layout.extraApiServerFlags,
  ];
}

/** Command line of the controller manager. */
export function controllerManagerArguments(layout: ControlPlaneLayout, options: { readonly port: number }): string[] {
  const kubeconfig = join(layout.directory, "kubeconfig", "kube-controller-manager");
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${options.port}`,
    "--use-service-account-credentials=true",
    `--service-account-private-key-file=${join(layout.directory, "pki", "service-accounts.key")}`,
    `--root-ca-file=${join(layout.directory, "pki", "ca.crt")}`,
    `--cluster-signing-cert-file=${join(layout.directory, "pki", "ca.crt")}`,
    `--cluster-signing-key-file=${join(layout.directory, "pki", "ca.key")}`,
    `--service-cluster-ip-range=${layout.serviceCidr}`,
    "--leader-elect=false",
    "--profiling=false",
  ];
}

/** Command line of the scheduler. */
export function schedulerArguments(layout: ControlPlaneLayout, options: { readonly port: number }): string[] {
  const kubeconfig = join(layout.directory, "kubeconfig", "kube-scheduler");
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${options.port}`,
    "--leader-elect=false",
    "--profiling=false",
  ];
}
