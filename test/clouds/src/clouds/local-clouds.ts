import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { type CommandOptions, runCommand } from "../command.ts";
import { importArchive } from "../images/import-image.ts";
import { type Progress, silent } from "../progress.ts";
import { controlPlanePrograms } from "../tools/control-plane-programs.ts";
import { type CloudLayout, cloudNamed, cloudsWith, layoutOf } from "./cloud.ts";
import { accessOf, type ClusterAccess, runKubectl } from "./cluster-api.ts";
import { removeExtraClouds, removeLocalClouds } from "./down.ts";
import { existingClusters } from "./existing-clusters.ts";
import { enterNetwork } from "./namespaces.ts";
import { type CloudStatus, localCloudsStatus } from "./status.ts";
import { startLocalClouds } from "./up.ts";

/** A cluster that is up, whoever runs it. */
export interface RunningCluster {
  readonly name: string;
  readonly role: "hub" | "member";
  /** Kubeconfig of an administrator. */
  readonly kubeconfigPath: string;
  /** `https://host:port` of its API server, as the kubeconfig says. */
  readonly url: string;
  /** Address of its NodePorts; `undefined` for a cluster this program does not run. */
  readonly nodeAddress: string | undefined;
}

/** The clusters that are up. */
export interface Clusters {
  readonly hub: RunningCluster;
  readonly members: readonly RunningCluster[];
  /** Whether they are this machine's stand-ins rather than those of `KUBECONFIGS`. */
  readonly local: boolean;
}

/**
 * Brings up the hub and its members. With `KUBECONFIGS` set it starts nothing and returns those clusters once each API server has
 * answered; otherwise it starts or repairs the local clouds, which needs root. A second call is quick and changes nothing.
 *
 * @param options.extra names of local clouds that are started only when asked for.
 */
export async function up(
  options: { readonly progress?: Progress; readonly extra?: readonly string[] } = {},
): Promise<Clusters> {
  const { progress = silent, extra = [] } = options;
  const given = existingClusters(await kubectlPath(progress));
  if (!given) {
    await startLocalClouds(progress, extra);
    return clusters(extra);
  }
  for (const access of given) {
    await runKubectl(access, ["get", "--raw=/readyz"], { timeoutMs: 30_000 });
    progress(`${access.name}: using the cluster of ${access.kubeconfigPath}`);
  }
  return clusters();
}

/** The clusters `up` brings up, without looking whether they run. */
export async function clusters(extra: readonly string[] = []): Promise<Clusters> {
  const given = existingClusters(await kubectlPath(silent));
  const accesses = given ?? cloudsWith(extra).map((cloud) => accessOf(layoutOf(cloud), ""));
  const [hub, ...members] = await Promise.all(
    accesses.map(
      async (access, index): Promise<RunningCluster> => ({
        name: access.name,
        role: index === 0 ? "hub" : "member",
        kubeconfigPath: access.kubeconfigPath,
        url: await serverOf(access.kubeconfigPath),
        nodeAddress: given ? undefined : layoutOf(cloudNamed(access.name)).nodeAddress,
      }),
    ),
  );
  if (!hub) throw new Error("there is no cluster");
  return { hub, members, local: given === undefined };
}

async function serverOf(kubeconfig: string): Promise<string> {
  const document = parse(await readFile(kubeconfig, "utf8"));
  const name = document.contexts.find((each: { name: string }) => each.name === document["current-context"])?.context
    .cluster;
  return document.clusters.find((each: { name: string }) => each.name === name)?.cluster.server;
}

/**
 * Removes the local clouds and every trace of them; does nothing to the clusters of `KUBECONFIGS`.
 *
 * @param options.extra removes only these of the clouds that are started when asked for; all when empty or left out.
 */
export async function down(
  options: { readonly progress?: Progress; readonly extra?: readonly string[] } = {},
): Promise<void> {
  const { progress = silent, extra = [] } = options;
  if (process.env.KUBECONFIGS) return;
  await (extra.length > 0 ? removeExtraClouds(extra, progress) : removeLocalClouds(progress));
}

/** How the local clouds are; empty with `KUBECONFIGS` set. Changes nothing. */
export async function status(): Promise<CloudStatus[]> {
  return process.env.KUBECONFIGS ? [] : localCloudsStatus(() => kubectlPath(silent));
}

/** Runs kubectl against one of the clusters as administrator and returns its output; `input` goes to its standard input. */
export async function kubectl(
  clusterName: string,
  args: readonly string[],
  options: { readonly input?: string; readonly timeoutMs?: number } = {},
): Promise<string> {
  return runKubectl(await accessTo(clusterName), args, options);
}

/** Path of the administrator's kubeconfig of one of the clusters. */
export async function kubeconfigOf(clusterName: string): Promise<string> {
  return (await accessTo(clusterName)).kubeconfigPath;
}

async function accessTo(clusterName: string): Promise<ClusterAccess> {
  const path = await kubectlPath(silent);
  const given = existingClusters(path);
  if (!given) return accessOf(layoutOf(cloudNamed(clusterName)), path);
  const access = given.find((candidate) => candidate.name === clusterName);
  if (!access)
    throw new Error(
      `KUBECONFIGS names no cluster called "${clusterName}"; it names ${given.map((c) => c.name).join(", ")}`,
    );
  return access;
}

/** Imports an OCI archive that holds one image into a local cloud, under its full name and its name with digest. */
export async function importImage(clusterName: string, archivePath: string): Promise<void> {
  await importArchive(localLayout(clusterName, "import an image"), archivePath);
}

/** Runs a command in the network of a local cloud, as if on its node, and returns its output. */
export async function runInNetwork(
  clusterName: string,
  command: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const [program = "", ...args] = [...enterNetwork(localLayout(clusterName, "enter the network")), ...command];
  return runCommand(program, args, options);
}

function localLayout(clusterName: string, purpose: string): CloudLayout {
  if (process.env.KUBECONFIGS) {
    throw new Error(`to ${purpose} of ${clusterName} is possible only for local clouds, and KUBECONFIGS names others`);
  }
  return layoutOf(cloudNamed(clusterName));
}

function kubectlPath(progress: Progress): Promise<string> {
  return controlPlanePrograms(progress).path("kubectl");
}
