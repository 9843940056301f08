import { readdirSync, readFileSync } from "node:fs";

/** What the command lines of each part's processes hold. */
export const processesOf = {
  operator: ["operator.mjs"],
  aggregator: ["launcher.mjs", "aggregator"],
  sidecar: ["launcher.mjs", "sidecar"],
  trainer: ["trainer.mjs"],
  gate: ["launcher.mjs", "gate"],
} as const;

/** A process of a container, found from outside it. */
export interface ContainerProcess {
  readonly pid: number;
  readonly commandLine: string;
}

/** Processes whose command line holds all `parts` and whose cgroup is that of a pod; `podUid` narrows to one pod. */
export function findContainerProcesses(parts: readonly string[], podUid?: string): ContainerProcess[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/u.test(name))
    .flatMap((name) => {
      const commandLine = readProc(name, "cmdline").replaceAll("\0", " ");
      if (!parts.every((part) => commandLine.includes(part))) return [];
      const cgroup = readProc(name, "cgroup");
      if (!cgroup.includes("kubepods") || (podUid !== undefined && !cgroup.includes(podUid))) return [];
      return [{ pid: Number(name), commandLine }];
    });
}

/** Kills, as the kernel's out-of-memory killer would, every process that {@link findContainerProcesses} finds. Gives how many. */
export function killContainerProcesses(parts: readonly string[], podUid?: string): number {
  const found = findContainerProcesses(parts, podUid);
  for (const { pid } of found) process.kill(pid, "SIGKILL");
  return found.length;
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
