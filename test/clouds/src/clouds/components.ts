import { join } from "node:path";
import {
  apiServerArguments,
  controllerManagerArguments,
  etcdArguments,
  schedulerArguments,
} from "../control-plane/components.ts";
import type { CloudLayout } from "./cloud.ts";

/** Names of the programs a cloud runs, in the order in which they are started. */
export type CloudComponentName =
  | "etcd"
  | "kube-apiserver"
  | "containerd"
  | "kube-controller-manager"
  | "kube-scheduler"
  | "kubelet"
  | "kube-proxy"
  | "local-volume-provisioner"
  | "fake-gpu-device-plugin";

/** One program of a cloud and the command line that starts it. */
export interface CloudComponent {
  readonly name: CloudComponentName;
  readonly command: readonly string[];
  /** Programs of the second stage need the API server and containerd to answer. */
  readonly stage: 1 | 2;
}

/** The programs of a cloud. `programs` is the folder of the built Kubernetes programs. */
export function componentsOf(layout: CloudLayout, programs: string): CloudComponent[] {
  const { cloud, controlPlane, directory } = layout;
  const kubeconfig = (name: string) => join(directory, "kubeconfig", name);
  const component = (name: CloudComponentName, stage: 1 | 2, args: readonly string[]): CloudComponent => ({
    name,
    stage,
    command: [name === "containerd" ? "containerd" : join(programs, name), ...args],
  });
  const components = [
    component("etcd", 1, etcdArguments(controlPlane)),
    component("kube-apiserver", 1, apiServerArguments(controlPlane)),
    component("containerd", 1, [`--config=${join(directory, "config", "containerd.toml")}`]),
    component("kube-controller-manager", 2, controllerManagerArguments(controlPlane, { port: 10_257 })),
    component("kube-scheduler", 2, schedulerArguments(controlPlane, { port: 10_259 })),
    component("kubelet", 2, [
      `--config=${join(directory, "config", "kubelet.yaml")}`,
      `--kubeconfig=${kubeconfig("kubelet")}`,
      `--hostname-override=${cloud.name}`,
      `--node-ip=${layout.nodeAddress}`,
      `--node-labels=${renderLabels(cloud.nodeLabels)}`,
    ]),
    component("kube-proxy", 2, [`--config=${join(directory, "config", "kube-proxy.yaml")}`]),
    component("local-volume-provisioner", 2, [
      `--kubeconfig=${kubeconfig("admin")}`,
      `--node=${cloud.name}`,
      `--directory=${join(directory, "volumes")}`,
    ]),
  ];
  if (cloud.fakeGpus === 0) return components;
  return [...components, component("fake-gpu-device-plugin", 2, [`--count=${cloud.fakeGpus}`])];
}

function renderLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}
