import { basename, delimiter } from "node:path";
import type { ClusterAccess } from "./cluster-api.ts";

/**
 * Clusters somebody else runs, named by `KUBECONFIGS=hub.yaml:a.yaml:b.yaml`: the first is the hub, the rest are members, each called
 * after its file. `undefined` when the variable is not set; throws when it names no member or two files of one name.
 */
export function existingClusters(kubectlPath: string, variable = process.env.KUBECONFIGS): ClusterAccess[] | undefined {
  if (!variable) return undefined;
  const clusters = variable
    .split(delimiter)
    .filter(Boolean)
    .map((path) => ({
      name: basename(path).replace(/\.(ya?ml|conf|config|kubeconfig)$/, ""),
      kubeconfigPath: path,
      kubectlPath,
    }));
  if (clusters.length < 2) {
    throw new Error(
      `KUBECONFIGS must name the hub's kubeconfig and at least one member's, separated by "${delimiter}": ${variable}`,
    );
  }
  const names = clusters.map((cluster) => cluster.name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined)
    throw new Error(`KUBECONFIGS names two files called ${repeated}: clusters are called after them`);
  return clusters;
}
