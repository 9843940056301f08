import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { cloudsDirectory } from "../paths.ts";
import { killProcess } from "../processes/end-process.ts";
import { type Progress, silent } from "../progress.ts";
import { cgroupsWithPrefix, killCgroup, removeCgroup } from "./cgroups.ts";
import { type CloudLayout, layoutOf, localClouds } from "./cloud.ts";
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
    for (const layout of localClouds.map((cloud) => layoutOf(cloud))) {
      if (existsSync(layout.directory)) progress(`${layout.cloud.name}: removing`);
      await removeCloud(layout);
    }
    for (const cgroup of await cgroupsWithPrefix("tributary-")) {
      await killCgroup(cgroup);
      await removeCgroup(cgroup);
    }
    await restoreForwarding();
    await removeEmptyFixedFolders();
    const left = mountPointsUnder(await currentMounts(), cloudsDirectory());
    if (left.length > 0)
      throw new Error(`still mounted, so nothing under ${cloudsDirectory()} is deleted: ${left.join(", ")}`);
    await rm(cloudsDirectory(), { recursive: true, force: true });
  });
}

async function removeCloud(layout: CloudLayout): Promise<void> {
  // The kubelet first: it would start again what is killed.
  const kubelet = await observeComponent(layout, "kubelet");
  if (kubelet.identity) await killProcess(kubelet.identity);
  await killCgroup(layout.cgroup);
  await removeNetwork(layout);
  await removeNamespaces(layout);
  await removeCgroup(layout.cgroup);
}
