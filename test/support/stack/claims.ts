import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { filledStorageClass, kubectl } from "@tributary/clouds";
import { eventually } from "../eventually.ts";

/** A file for a claim: its path there, and where it comes from. */
export type ClaimFile = { readonly path: string } & (
  | { readonly from: string }
  | { readonly text: string | Uint8Array }
);

/** Makes a claim that is bound before a pod uses it and gives the folder of this machine that backs it. */
export async function ensureClaim(cluster: string, namespace: string, name: string): Promise<string> {
  const claim = {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, namespace },
    spec: {
      accessModes: ["ReadWriteOnce"],
      storageClassName: filledStorageClass,
      resources: { requests: { storage: "4Gi" } },
    },
  };
  await kubectl(cluster, ["apply", "-f", "-"], { input: JSON.stringify(claim) });
  return claimFolder(cluster, namespace, name);
}

/** The folder of this machine that backs a claim of a local cloud. */
export async function claimFolder(cluster: string, namespace: string, name: string): Promise<string> {
  const volume = await eventually(`claim ${namespace}/${name} of ${cluster} is bound`, async () => {
    const bound = await kubectl(cluster, ["get", "pvc", name, "-n", namespace, "-o", "jsonpath={.spec.volumeName}"]);
    return bound === "" ? undefined : bound;
  });
  const path = await kubectl(cluster, ["get", "pv", volume, "-o", "jsonpath={.spec.hostPath.path}{.spec.local.path}"]);
  if (path === "") throw new Error(`volume ${volume} of ${cluster} lies on no path of this machine`);
  return path;
}

/** Puts files onto a claim of a local cloud, as the owner of the data would. */
export async function fillClaim(folder: string, files: readonly ClaimFile[]): Promise<void> {
  for (const file of files) {
    const target = join(folder, file.path);
    await mkdir(dirname(target), { recursive: true });
    if ("from" in file) await copyFile(file.from, target);
    else await writeFile(target, file.text);
  }
}
