import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { waitUntil } from "../wait-until.ts";
import { currentMounts, type Mount } from "./mounts.ts";

/** One mounted cgroup hierarchy: a cgroup v1 controller set, or the unified hierarchy of v2. */
export interface CgroupHierarchy {
  readonly mountPoint: string;
  readonly version: 1 | 2;
  /** Controllers of a v1 hierarchy; empty for v2. */
  readonly controllers: readonly string[];
}

const cgroupFileSystems: Readonly<Record<string, 1 | 2>> = { cgroup: 1, cgroup2: 2 };
const v2Controllers = "+cpu +cpuset +io +memory +pids";

/** The cgroup hierarchies in a mount table. */
export function cgroupHierarchies(mounts: readonly Mount[]): CgroupHierarchy[] {
  return mounts.flatMap(({ mountPoint, fileSystem, superOptions }) => {
    const version = cgroupFileSystems[fileSystem];
    if (version === undefined) return [];
    return [{ mountPoint, version, controllers: version === 1 ? superOptions : [] }];
  });
}

/**
 * The hierarchy by which a cloud's processes are found again, whoever started them: the v1 pids controller, which every container
 * runtime uses, or the unified one.
 */
export function trackingHierarchy(hierarchies: readonly CgroupHierarchy[]): CgroupHierarchy {
  const found = hierarchies.find((h) => h.controllers.includes("pids")) ?? hierarchies.find((h) => h.version === 2);
  if (!found) throw new Error("no cgroup hierarchy with the pids controller is mounted under /sys/fs/cgroup");
  return found;
}

/**
 * Makes the cgroup `name` in every hierarchy, as the kubelet wants its root, and `name/system` for the cloud's own programs in the
 * tracking one. Returns the file that a program writes its pid to.
 */
export async function createCgroup(name: string): Promise<string> {
  const hierarchies = cgroupHierarchies(await currentMounts());
  const tracking = trackingHierarchy(hierarchies);
  for (const hierarchy of hierarchies) {
    // Beside v1 hierarchies the unified one has no controllers, and nobody looks for a cgroup there.
    if (hierarchy.version === 2 && hierarchy !== tracking) continue;
    await mkdir(join(hierarchy.mountPoint, name), { recursive: true });
    await prepare(hierarchy, name);
  }
  const system = join(tracking.mountPoint, name, "system");
  await mkdir(system, { recursive: true });
  return join(system, "cgroup.procs");
}

async function prepare(hierarchy: CgroupHierarchy, name: string): Promise<void> {
  const folder = join(hierarchy.mountPoint, name);
  if (hierarchy.version === 2) {
    await writeFile(join(hierarchy.mountPoint, "cgroup.subtree_control"), v2Controllers);
    await writeFile(join(folder, "cgroup.subtree_control"), v2Controllers);
  } else if (hierarchy.controllers.includes("cpuset")) {
    // A new v1 cpuset is empty, and no process may enter it.
    for (const file of ["cpuset.cpus", "cpuset.mems"]) {
      await writeFile(join(folder, file), (await readFile(join(hierarchy.mountPoint, file), "utf8")).trim());
    }
  }
}

/** Pids of all processes in the cgroup `name` and below it. */
export async function cgroupProcesses(name: string): Promise<number[]> {
  const tracking = trackingHierarchy(cgroupHierarchies(await currentMounts()));
  const pids: number[] = [];
  for (const folder of await foldersUnder(join(tracking.mountPoint, name))) {
    const text = await readFile(join(folder, "cgroup.procs"), "utf8").catch(ignoreGone(""));
    pids.push(...text.split("\n").filter(Boolean).map(Number));
  }
  return pids;
}

/** Kills all processes in the cgroup `name` and below it, also those that are being started, and waits until none is left. */
export async function killCgroup(name: string): Promise<void> {
  await waitUntil(
    `the end of all processes in cgroup ${name}`,
    async () => {
      const pids = await cgroupProcesses(name);
      for (const pid of pids) killIfThere(pid);
      return pids.length === 0;
    },
    { timeoutMs: 30_000, intervalMs: 50 },
  );
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error: unknown) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Removes the cgroup `name` from every hierarchy; its processes must have ended. */
export async function removeCgroup(name: string): Promise<void> {
  for (const { mountPoint } of cgroupHierarchies(await currentMounts())) {
    const root = join(mountPoint, name);
    await waitUntil(
      `removal of ${root}`,
      async () => {
        for (const folder of (await foldersUnder(root)).reverse()) await rmdir(folder).catch(ignoreGone(undefined));
        return !existsSync(root);
      },
      { timeoutMs: 10_000, intervalMs: 50 },
    );
  }
}

/** Names of the cgroups, in any hierarchy, that begin with `prefix`. */
export async function cgroupsWithPrefix(prefix: string): Promise<string[]> {
  const names = new Set<string>();
  for (const { mountPoint } of cgroupHierarchies(await currentMounts())) {
    for (const name of await readdir(mountPoint)) if (name.startsWith(prefix)) names.add(name);
  }
  return [...names];
}

/** The folder and all below it, parents first; nothing when it is not there. */
async function foldersUnder(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(ignoreGone(undefined));
  if (entries === undefined) return [];
  const below = entries.filter((entry) => entry.isDirectory()).map((entry) => foldersUnder(join(root, entry.name)));
  return [root, ...(await Promise.all(below)).flat()];
}

function ignoreGone<T>(instead: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === "ENOENT" || error.code === "ENODEV") return instead;
    throw error;
  };
}
