import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { runCommand } from "../command.ts";
import type { Progress } from "../progress.ts";

/** Programs of the machine that the clouds and their images need, and the Debian package each comes from. */
const packageOf: Readonly<Record<string, string>> = {
  containerd: "containerd",
  conntrack: "conntrack",
  debootstrap: "debootstrap",
  flock: "util-linux",
  ip: "iproute2",
  iptables: "iptables",
  nft: "nftables",
  runc: "runc",
  umoci: "umoci",
};

/** Folders where distributions put the container network plugins. */
const pluginFolders = ["/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"];
const neededPlugins = ["ptp", "host-local", "loopback", "portmap"];

/** Installs the Debian packages of missing programs; throws with the list when this is not root or not a Debian machine. */
export async function ensureSystemPackages(progress: Progress): Promise<void> {
  const missing = await missingPackages();
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !(await findProgram("apt-get"))) {
    throw new Error(
      `these packages are needed and cannot be installed without root and apt-get: ${missing.join(", ")}`,
    );
  }
  progress(`installing ${missing.join(", ")}`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const install = ["install", "--yes", "--no-install-recommends", ...missing];
  try {
    await runCommand("apt-get", install, { env, timeoutMs: 600_000 });
  } catch {
    // The package lists may be old or absent; once they are new, a failure is one.
    await runCommand("apt-get", ["update"], { env, timeoutMs: 300_000 });
    await runCommand("apt-get", install, { env, timeoutMs: 600_000 });
  }
}

async function missingPackages(): Promise<string[]> {
  const missing = new Set<string>();
  for (const [program, name] of Object.entries(packageOf)) if (!(await findProgram(program))) missing.add(name);
  if ((await findCniPlugins()) === undefined) missing.add("containernetworking-plugins");
  return [...missing].sort();
}

/** Folder that holds all the container network plugins the clouds use; `undefined` when there is none. */
export async function findCniPlugins(): Promise<string | undefined> {
  for (const folder of pluginFolders) {
    const found = await Promise.all(neededPlugins.map((plugin) => isThere(join(folder, plugin))));
    if (found.every(Boolean)) return folder;
  }
  return undefined;
}

/** Path of a program on the PATH or in the folders only root has on it. */
async function findProgram(name: string): Promise<string | undefined> {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"];
  for (const folder of folders) if (await isThere(join(folder, name))) return join(folder, name);
  return undefined;
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
