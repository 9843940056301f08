import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { cloudsDirectory } from "../paths.ts";
import { killProcess } from "../processes/end-process.ts";
import { type Progress, silent } from "../progress.ts";
import { cgroupsWithPrefix, killCgroup, removeCgroup } from "./cgroups.ts";
import { type CloudLayout, extraCloudNamed, layoutOf, localClouds } from "./cloud.ts";
import { observeComponent } from "./detached-component.ts";
import { currentMounts, mountPointsUnder } from "./mounts.ts";
import { removeEmptyFixedFolders, removeNamespaces } from "./namespaces.ts";
import { removeNetwork, restoreForwarding } from "./network.ts";
import { withCloudsLock } from "./up.ts";

/**
 * Removes every trace of the local clouds: processes, namespaces, mounts, links, rules, cgroups, folders. Works from whatever is
 * there, so it also removes what an interrupted `up` or `down` left.
 */
export async function removeLocalClouds(progress: Progress = silent): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error("local clouds can be removed only by root, who made them");
  await withCloudsLock(progress, async () => {
    for (const cloud of localClouds) await removeCloud(layoutOf(cloud), progress);
    for (const cgroup of await cgroupsWithPrefix("tributary-")) {
      await killCgroup(cgroup);
      await removeCgroup(cgroup);
    }
    await restoreForwarding();
    await removeEmptyFixedFolders();
    await removeUnmounted(cloudsDirectory());
  });
}

/** Removes extra local clouds and leaves the others as they are. Throws for one that is always there: those go together. */
export async function removeExtraClouds(names: readonly string[], progress: Progress = silent): Promise<void> {
  const layouts = names.map((name) => layoutOf(extraCloudNamed(name)));
  await withCloudsLock(progress, async () => {
    for (const layout of layouts) {
      await removeCloud(layout, progress);
      await removeUnmounted(layout.directory);
    }
  });
}

/** Deletes a folder with all that is in it, unless something is still mounted there. */
async function removeUnmounted(folder: string): Promise<void> {
  const left = mountPointsUnder(await currentMounts(), folder);
  if (left.length > 0) throw new Error(`still mounted, so nothing under ${folder} is deleted: ${left.join(", ")}`);
  await rm(folder, { recursive: true, force: true });
}

async function removeCloud(layout: CloudLayout, progress: Progress): Promise<void> {
  if (existsSync(layout.directory)) progress(`${layout.cloud.name}: removing`);
  // The kubelet first: it would start again what is killed.
  const kubelet = await observeComponent(layout, "kubelet");
  if (kubelet.identity) await killProcess(kubelet.identity);
  await killCgroup(layout.cgroup);
  await removeNetwork(layout);
  await removeNamespaces(layout);
  await removeCgroup(layout.cgroup);
}
