import { join } from "node:path";
import {
  apiServerArguments,
  controllerManagerArguments,
  etcdArguments,
  schedulerArguments,
} from "../control-plane/components.ts";
import type { CloudLayout } from "./cloud.ts";
import {
  podNetwork,
  renderContainerdConfig,
  renderCorefile,
  renderKubeletConfig,
  renderKubeProxyConfig,
} from "./node-config.ts";
import { verdictQueue } from "./policed-connections.ts";

/** Names of the programs a cloud runs, in the order in which they are started. */
export type CloudComponentName =
  | "etcd"
  | "kube-apiserver"
  | "containerd"
  | "kube-controller-manager"
  | "kube-scheduler"
  | "kubelet"
  | "kube-proxy"
  | "coredns"
  | "kube-network-policies"
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

/** Paths of the programs a cloud is made of. */
export interface ProgramPaths {
  /** Folder of the built Kubernetes programs. */
  readonly programs: string;
  readonly coredns: string;
  readonly networkPolicies: string;
  /** Folder of the container network plugins. */
  readonly cniPlugins: string;
}

/** The programs of a cloud. */
export function componentsOf(layout: CloudLayout, paths: ProgramPaths): CloudComponent[] {
  const { cloud, controlPlane, directory } = layout;
  const kubernetes = (name: CloudComponentName) => join(paths.programs, name);
  const kubeconfig = (name: string) => `--kubeconfig=${join(directory, "kubeconfig", name)}`;
  const component = (stage: 1 | 2, name: CloudComponentName, args: readonly string[]): CloudComponent => ({
    name,
    stage,
    command: [kubernetes(name), ...args],
    configuration: undefined,
  });
  const configured = (
    stage: 1 | 2,
    name: CloudComponentName,
    program: string,
    configuration: { readonly flag: string; readonly file: string; readonly text: string },
    args: readonly string[] = [],
  ): CloudComponent => {
    const path = join(directory, "config", configuration.file);
    const command = [program, configuration.flag, path, ...args];
    return { name, stage, command, configuration: { path, text: configuration.text } };
  };
  const containerdConfig = renderContainerdConfig(layout, paths.cniPlugins);
  const networkPolicies: CloudComponent = {
    name: "kube-network-policies",
    stage: 2,
    command: [
      paths.networkPolicies,
      kubeconfig("kube-network-policies"),
      `--node=${cloud.name}`,
      `--queue=${verdictQueue}`,
      `--pod-network=${podNetwork}`,
    ],
    configuration: undefined,
  };
  const components = [
    component(1, "etcd", etcdArguments(controlPlane)),
    component(1, "kube-apiserver", apiServerArguments(controlPlane)),
    // Debian's, found on the PATH.
    configured(1, "containerd", "containerd", { flag: "--config", file: "containerd.toml", text: containerdConfig }),
    component(2, "kube-controller-manager", controllerManagerArguments(controlPlane, { port: 10_257 })),
    component(2, "kube-scheduler", schedulerArguments(controlPlane, { port: 10_259 })),
    configured(
      2,
      "kubelet",
      kubernetes("kubelet"),
      { flag: "--config", file: "kubelet.yaml", text: renderKubeletConfig(layout) },
      [
        kubeconfig("kubelet"),
        `--hostname-override=${cloud.name}`,
        `--node-ip=${layout.nodeAddress}`,
        `--node-labels=${renderLabels(cloud.nodeLabels)}`,
      ],
    ),
    configured(2, "kube-proxy", kubernetes("kube-proxy"), {
      flag: "--config",
      file: "kube-proxy.yaml",
      text: renderKubeProxyConfig(layout),
    }),
    configured(2, "coredns", paths.coredns, { flag: "-conf", file: "Corefile", text: renderCorefile(layout) }),
    networkPolicies,
    component(2, "local-volume-provisioner", [
      kubeconfig("admin"),
      `--node=${cloud.name}`,
      `--directory=${join(directory, "volumes")}`,
    ]),
  ];
  if (cloud.fakeGpus === 0) return components;
  return [...components, component(2, "fake-gpu-device-plugin", [`--count=${cloud.fakeGpus}`])];
}

/** Names of the programs a cloud runs. */
export function componentNamesOf(layout: CloudLayout): CloudComponentName[] {
  return componentsOf(layout, { programs: "", coredns: "", networkPolicies: "", cniPlugins: "" }).map(
    ({ name }) => name,
  );
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
