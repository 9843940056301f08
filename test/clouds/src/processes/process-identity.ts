import { readFileSync } from "node:fs";

/** Says which process a pid meant when it was written down, so that a recycled pid is never taken for it. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks between boot and the start of the process. */
  readonly startTicks: number;
  readonly bootId: string;
}

/** What `/proc/PID/stat` says about a process. */
export interface ProcessStat {
  /** One letter: R running, S sleeping, D waiting for a device, T stopped, Z ended and not yet collected. */
  readonly state: string;
  readonly startTicks: number;
}

/** Reads state and start time from the text of `/proc/PID/stat`; the command name in it may hold spaces and brackets. */
export function parseProcessStat(text: string): ProcessStat {
  const fields = text
    .slice(text.lastIndexOf(")") + 2)
    .trim()
    .split(" ");
  const state = fields[0];
  const startTicks = Number(fields[19]);
  if (!state || !Number.isSafeInteger(startTicks))
    throw new Error(`not the text of /proc/PID/stat: ${text.slice(0, 80)}`);
  return { state, startTicks };
}

/** Reads a process's state and start time; `undefined` when no process has this pid. */
export function processStat(pid: number): ProcessStat | undefined {
  try {
    return parseProcessStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch (error: unknown) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ENOENT" || code === "ESRCH";
}

/** The kernel's name for the time since this machine started. */
export function currentBootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

/** The identity of a live process; throws when there is none with this pid. */
export function identify(pid: number): ProcessIdentity {
  const stat = processStat(pid);
  if (!stat) throw new Error(`no process has pid ${pid}`);
  return { pid, startTicks: stat.startTicks, bootId: currentBootId() };
}

/** The text of a pid file: pid, start ticks and boot id, separated by spaces. */
export function renderPidFile(identity: ProcessIdentity): string {
  return `${identity.pid} ${identity.startTicks} ${identity.bootId}\n`;
}

/** Reads what `renderPidFile` wrote; `undefined` when the text is anything else, for example half a line. */
export function parsePidFile(text: string): ProcessIdentity | undefined {
  const match = /^(\d+) (\d+) ([0-9a-f-]{36})\n$/.exec(text);
  if (!match) return undefined;
  return { pid: Number(match[1]), startTicks: Number(match[2]), bootId: match[3] as string };
}

/** Whether the process that `identity` meant is alive: same boot, same start time, and not merely waiting to be collected. */
export function isAlive(
  identity: ProcessIdentity,
  seen: { readonly bootId: string; readonly stat: ProcessStat | undefined } = {
    bootId: currentBootId(),
    stat: processStat(identity.pid),
  },
): boolean {
  return (
    identity.bootId === seen.bootId &&
    seen.stat !== undefined &&
    seen.stat.startTicks === identity.startTicks &&
    seen.stat.state !== "Z"
  );
}
