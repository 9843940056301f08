import { join } from "node:path";
import { type Progress, silent } from "../progress.ts";
import { buildCoredns, buildHelm, buildKubernetes, buildNetworkPolicies } from "./build-go.ts";
import { ensureSystemPackages, findCniPlugins } from "./system-packages.ts";

/** Paths of what the local clouds are made of. */
export interface Tools {
  /** Folder of the Kubernetes programs, one link each, and `pause`. */
  readonly programs: string;
  readonly kubectl: string;
  readonly helm: string;
  readonly coredns: string;
  readonly networkPolicies: string;
  readonly pause: string;
  /** Folder of the container network plugins. */
  readonly cniPlugins: string;
}

/**
 * Makes sure that everything the clouds need is on this machine: system packages (installed when this is root), Kubernetes, CoreDNS,
 * kube-network-policies and Helm (built once from their Go modules, then found by content hash). Slow only the first time.
 */
export async function ensureTools(progress: Progress = silent): Promise<Tools> {
  await ensureSystemPackages(progress);
  // Side by side: one downloads or links while another compiles.
  const [programs, helm, coredns, networkPolicies] = await Promise.all([
    buildKubernetes(progress),
    buildHelm(progress),
    buildCoredns(progress),
    buildNetworkPolicies(progress),
  ]);
  const cniPlugins = await findCniPlugins();
  if (!cniPlugins)
    throw new Error("the container network plugins (package containernetworking-plugins) are not installed");
  return {
    programs,
    kubectl: join(programs, "kubectl"),
    helm: join(helm, "helm"),
    coredns: join(coredns, "coredns"),
    networkPolicies: join(networkPolicies, "kube-network-policies"),
    pause: join(programs, "pause"),
    cniPlugins,
  };
}
