import { join } from "node:path";
import {
  apiServerArguments,
  controllerManagerArguments,
  etcdArguments,
  schedulerArguments,
} from "../control-plane/components.ts";
import type { CloudLayout } from "./cloud.ts";
import { renderContainerdConfig, renderKubeletConfig, renderKubeProxyConfig } from "./node-config.ts";

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

/** A file that a program reads when it starts. */
export interface ConfigurationFile {
  readonly path: string;
  readonly text: string;
}

/** One program of a cloud and the command line that starts it. */
export interface CloudComponent {
  readonly name: CloudComponentName;
  readonly command: readonly string[];
  /** Text of its configuration file, under `config/`; `undefined` when flags say all. */
  readonly configuration: ConfigurationFile | undefined;
  /** Programs of the second stage need the API server and containerd to answer. */
  readonly stage: 1 | 2;
}

/** Folders of the programs a cloud is made of. */
export interface ProgramFolders {
  /** The built Kubernetes programs. */
  readonly programs: string;
  readonly cniPlugins: string;
}

/** The programs of a cloud. */
export function componentsOf(layout: CloudLayout, folders: ProgramFolders): CloudComponent[] {
  const { cloud, controlPlane, directory } = layout;
  const kubeconfig = (name: string) => join(directory, "kubeconfig", name);
  const component = (name: CloudComponentName, stage: 1 | 2, args: readonly string[]): CloudComponent => ({
    name,
    stage,
    command: [join(folders.programs, name), ...args],
    configuration: undefined,
  });
  const configured = (name: CloudComponentName, stage: 1 | 2, file: string, text: string, args: readonly string[]) => {
    const path = join(directory, "config", file);
    return { ...component(name, stage, [`--config=${path}`, ...args]), configuration: { path, text } };
  };
  const containerd = configured(
    "containerd",
    1,
    "containerd.toml",
    renderContainerdConfig(layout, folders.cniPlugins),
    [],
  );
  const components = [
    component("etcd", 1, etcdArguments(controlPlane)),
    component("kube-apiserver", 1, apiServerArguments(controlPlane)),
    // Debian's, found on the PATH.
    { ...containerd, command: ["containerd", ...containerd.command.slice(1)] },
    component("kube-controller-manager", 2, controllerManagerArguments(controlPlane, { port: 10_257 })),
    component("kube-scheduler", 2, schedulerArguments(controlPlane, { port: 10_259 })),
    configured("kubelet", 2, "kubelet.yaml", renderKubeletConfig(layout), [
      `--kubeconfig=${kubeconfig("kubelet")}`,
      `--hostname-override=${cloud.name}`,
      `--node-ip=${layout.nodeAddress}`,
      `--node-labels=${renderLabels(cloud.nodeLabels)}`,
    ]),
    configured("kube-proxy", 2, "kube-proxy.yaml", renderKubeProxyConfig(layout), []),
    component("local-volume-provisioner", 2, [
      `--kubeconfig=${kubeconfig("admin")}`,
      `--node=${cloud.name}`,
      `--directory=${join(directory, "volumes")}`,
    ]),
  ];
  if (cloud.fakeGpus === 0) return components;
  return [...components, component("fake-gpu-device-plugin", 2, [`--count=${cloud.fakeGpus}`])];
}

/** Names of the programs a cloud runs. */
export function componentNamesOf(layout: CloudLayout): CloudComponentName[] {
  return componentsOf(layout, { programs: "", cniPlugins: "" }).map(({ name }) => name);
}

function renderLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

/** Text that differs whenever a program has to be started again: its command line and the configuration it read when it started. */
export function fingerprintOf(component: CloudComponent): string {
  return JSON.stringify([component.command, component.configuration?.text ?? null]);
}
