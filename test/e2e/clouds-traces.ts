import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { cloudsDirectory } from "@tributary/clouds";

/** Everything on this machine that a local cloud could have left behind; two of them from before and after are compared whole. */
export interface MachineTraces {
  /** Command lines that name the clouds' folder, and programs only a node runs. */
  readonly processes: readonly string[];
  readonly namespaces: readonly string[];
  readonly mounts: readonly string[];
  readonly links: readonly string[];
  readonly routes: readonly string[];
  readonly rules: string;
  readonly cgroups: readonly string[];
  readonly folders: readonly string[];
  readonly ipForward: string;
}

const watchedFolders = ["/run", "/var/lib", "/var/log", "/opt"];
const nodePrograms =
  /(^|\/)(containerd|containerd-shim-runc-v2|runc|kubelet|kube-proxy|coredns|kube-network-policies)\0/;

/** Reads the traces there are now. */
export function readMachineTraces(): MachineTraces {
  return {
    processes: processes(),
    namespaces: ["net", "mnt"]
      .flatMap((type) => lines("lsns", "--noheadings", "--output", "NS,TYPE", "--type", type))
      .sort(),
    mounts: readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      .map((line) => line.split(" ")[4] ?? ""),
    links: readdirSync("/sys/class/net").sort(),
    routes: lines("ip", "route"),
    rules: execFileSync("nft", ["list", "ruleset"], { encoding: "utf8" }),
    cgroups: cgroups("/sys/fs/cgroup", 2),
    folders: [
      ...watchedFolders.flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`)),
      ...[cloudsDirectory()].filter(existsSync),
    ],
    ipForward: readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8").trim(),
  };
}

/** The traces there are now, beside those of programs of others that ran before and have ended meanwhile: clouds leave nothing by that. */
export function tracesSince(before: MachineTraces): MachineTraces {
  const now = readMachineTraces();
  const ended = (was: readonly string[], is: readonly string[]) => was.filter((one) => !is.includes(one));
  return {
    ...now,
    namespaces: [...now.namespaces, ...ended(before.namespaces, now.namespaces)].sort(),
    processes: [...now.processes, ...ended(before.processes, now.processes)].sort(),
  };
}

function lines(command: string, ...args: readonly string[]): string[] {
  return execFileSync(command, args, { encoding: "utf8" }).split("\n").filter(Boolean).sort();
}

function processes(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(commandLine)
    .filter((command) => command.includes(cloudsDirectory()) || nodePrograms.test(command))
    .sort();
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

function cgroups(folder: string, depth: number): string[] {
  if (depth === 0) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => [`${folder}/${entry.name}`, ...cgroups(`${folder}/${entry.name}`, depth - 1)])
    .sort();
}
