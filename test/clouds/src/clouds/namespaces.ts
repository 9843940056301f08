import { existsSync } from "node:fs";
import { mkdir, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { runCommand } from "../command.ts";
import { cloudsDirectory } from "../paths.ts";
import type { CloudLayout } from "./cloud.ts";
import { currentMounts, mountPointsUnder } from "./mounts.ts";

/**
 * Folders that Kubernetes and containerd find by fixed names (the kubelet's device plugin socket among them), and the folder of the
 * cloud that stands in for each inside its mount namespace.
 */
export const replacedFolders: Readonly<Record<string, string>> = {
  "/var/lib/kubelet": "kubelet",
  "/var/lib/containerd": "containerd",
  "/var/lib/cni": "run/cni",
  "/run/containerd": "run/containerd",
  "/var/log/pods": "logs/pods",
  "/var/log/containers": "logs/containers",
};

/** Command prefix that runs a program in a cloud's network. */
export function enterNetwork(layout: CloudLayout): string[] {
  return ["nsenter", `--net=${layout.networkNamespacePath}`, "--"];
}

/** Command prefix that runs a program in a cloud's network and among its mounts. Not `ip netns exec`, which hides the cgroup mounts. */
export function enterCloud(layout: CloudLayout): string[] {
  return ["nsenter", `--net=${layout.networkNamespacePath}`, `--mount=${layout.mountNamespacePath}`, "--"];
}

/** Makes a cloud's network and mount namespaces unless they are there and whole. Both live as files, without a process to keep them. */
export async function createNamespaces(layout: CloudLayout): Promise<void> {
  await createNamespaceFolder(layout);
  const points = mountPointsUnder(await currentMounts(), namespaceFolder(layout));
  if (!points.includes(layout.networkNamespacePath)) {
    await writeFile(layout.networkNamespacePath, "");
    await runCommand("unshare", [`--net=${layout.networkNamespacePath}`, "true"]);
  }
  const whole = join(namespaceFolder(layout), "whole");
  if (points.includes(layout.mountNamespacePath) && existsSync(whole)) return;
  if (points.includes(layout.mountNamespacePath)) await runCommand("umount", ["--no-mtab", layout.mountNamespacePath]);
  for (const [fixed, own] of Object.entries(replacedFolders)) {
    await mkdir(fixed, { recursive: true });
    await mkdir(join(layout.directory, own), { recursive: true });
  }
  await writeFile(layout.mountNamespacePath, "");
  const command = ["sh", "-euc", renderMountScript(layout.directory, cloudsDirectory())];
  await runCommand("unshare", [`--mount=${layout.mountNamespacePath}`, ...command]);
  await writeFile(whole, "");
}

/** A namespace can be bound to a file only where mounts are not propagated, so the files' folder is a private mount of itself. */
async function createNamespaceFolder(layout: CloudLayout): Promise<void> {
  const folder = namespaceFolder(layout);
  await mkdir(folder, { recursive: true });
  if (mountPointsUnder(await currentMounts(), folder).includes(folder)) return;
  await rm(join(folder, "whole"), { force: true });
  await runCommand("mount", ["--no-mtab", "--bind", folder, folder]);
  await runCommand("mount", ["--no-mtab", "--make-private", folder]);
}

/**
 * The shell script that turns a copy of the machine's mounts into a cloud's. Nothing mounted in it is seen outside, so all of it is
 * gone with the last process; inside, mounts propagate, as the kubelet and containers with propagated volumes need.
 */
export function renderMountScript(cloudFolder: string, allCloudsFolder: string): string {
  const binds = Object.entries(replacedFolders).map(([fixed, own]) => {
    const source = `${cloudFolder}/${own}`;
    // Private first: the copy would otherwise repeat each mount at its source too.
    return `mount --no-mtab --bind "${source}" "${fixed}"; mount --make-private "${fixed}"; mount --make-shared "${fixed}"`;
  });
  return [
    "mount --make-rprivate /",
    // A copy of another cloud's namespace file would keep that namespace alive after its cloud.
    `for folder in "${allCloudsFolder}"/*/namespaces; do umount --no-mtab --recursive --lazy "$folder" 2>/dev/null || true; done`,
    "mount --make-rshared /",
    ...binds,
  ].join("\n");
}

/** Removes a cloud's namespaces; all its processes must have ended. */
export async function removeNamespaces(layout: CloudLayout): Promise<void> {
  for (const point of mountPointsUnder(await currentMounts(), layout.directory))
    await runCommand("umount", ["--no-mtab", point]);
  await rm(namespaceFolder(layout), { recursive: true, force: true });
}

/** Removes those of the fixed folders that are empty: `createNamespaces` may have made them. */
export async function removeEmptyFixedFolders(): Promise<void> {
  for (const fixed of Object.keys(replacedFolders)) {
    await rmdir(fixed).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "ENOENT" && error.code !== "EBUSY") throw error;
    });
  }
}

/** Sets a kernel setting of a cloud's network. */
export async function setInNetwork(layout: CloudLayout, setting: string, value: string): Promise<void> {
  const path = `/proc/sys/${setting.replaceAll(".", "/")}`;
  const [command = "", ...prefix] = enterNetwork(layout);
  await runCommand(command, [...prefix, "sh", "-c", 'echo "$2" > "$1"', "sh", path, value]);
}

function namespaceFolder(layout: CloudLayout): string {
  return dirname(layout.networkNamespacePath);
}
