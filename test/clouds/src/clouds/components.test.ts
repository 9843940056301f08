import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { cloudNamed, layoutOf, localClouds } from "./cloud.ts";
import { componentsOf, fingerprintOf } from "./components.ts";
import { renderCniConfig, renderContainerdConfig, renderKubeletConfig, renderKubeProxyConfig } from "./node-config.ts";

const paths = { programs: "/programs", coredns: "/coredns", networkPolicies: "/policies", cniPlugins: "/cni" };
const aws = layoutOf(cloudNamed("aws-us-east-1"), "/clouds");
const hub = layoutOf(cloudNamed("hub"), "/clouds");

describe("the programs of a cloud", () => {
  it("start with etcd, and the kubelet only when the API server and containerd answer", () => {
    const components = componentsOf(aws, paths);
    expect(components[0]?.name).toBe("etcd");
    expect(components.find(({ name }) => name === "kubelet")?.stage).toBe(2);
    expect(components.filter(({ stage }) => stage === 1).map(({ name }) => name)).toEqual([
      "etcd",
      "kube-apiserver",
      "containerd",
    ]);
  });

  it("include the fake GPU plugin only where GPUs are offered", () => {
    const offering = localClouds.filter((cloud) =>
      componentsOf(layoutOf(cloud), paths).some(({ name }) => name === "fake-gpu-device-plugin"),
    );
    expect(offering.map((cloud) => cloud.name)).toEqual(["aws-us-east-1", "gcp-europe-west4"]);
  });

  it("have a fingerprint that differs when the configuration does and the command line does not", () => {
    const before = componentsOf(aws, paths).find(({ name }) => name === "containerd");
    const after = componentsOf(aws, { ...paths, cniPlugins: "/other" }).find(({ name }) => name === "containerd");
    if (!before || !after) throw new Error("containerd is not among the programs");
    expect(after.command).toEqual(before.command);
    expect(fingerprintOf(after)).not.toBe(fingerprintOf(before));
  });

  it("label the node as its provider would", () => {
    const kubelet = componentsOf(aws, paths).find(({ name }) => name === "kubelet");
    expect(kubelet?.command.find((part) => part.startsWith("--node-labels="))).toBe(
      "--node-labels=topology.kubernetes.io/region=us-east-1,topology.kubernetes.io/zone=us-east-1a," +
        "node.kubernetes.io/instance-type=g6.12xlarge,eks.amazonaws.com/nodegroup=gpu",
    );
  });
});

describe("the configuration of a node", () => {
  it("gives each kubelet a cgroup root of its own", () => {
    expect(parse(renderKubeletConfig(aws))).toMatchObject({
      cgroupRoot: "/tributary-aws-us-east-1",
      failCgroupV1: false,
    });
    expect(parse(renderKubeletConfig(hub)).cgroupRoot).toBe("/tributary-hub");
  });

  it("leaves the machine's connection tracking alone", () => {
    expect(parse(renderKubeProxyConfig(aws)).conntrack).toMatchObject({ maxPerCore: 0, min: 0 });
  });

  it("takes pod addresses from the cloud's range", () => {
    expect(JSON.parse(renderCniConfig(aws)).plugins[0].ipam.ranges).toEqual([[{ subnet: "10.202.1.0/24" }]]);
  });

  it("points containerd at the cloud's network configuration and the machine's plugins", () => {
    const config = renderContainerdConfig(aws, "/usr/lib/cni");
    expect(config).toContain('bin_dir = "/usr/lib/cni"');
    expect(config).toContain('conf_dir = "/clouds/aws-us-east-1/config/cni"');
  });
});
