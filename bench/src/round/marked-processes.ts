import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const variable = "TRIBUTARY_BENCH_RUN";
const graceMs = 3_000;

/** Processes of one run of a peer with all their descendants, also those that detach: found by a mark in their environment. */
export interface MarkedProcesses {
  /** Starts a program whose output goes to `logPath`. */
  start(program: string, args: readonly string[], options: StartOptions): ChildProcess;
  /** The largest VmHWM so far of any process whose command line matches; 0 when there was none. */
  peakBytes(commandLine: RegExp): number;
  /** Ends all of them: asks, then kills. */
  end(): Promise<void>;
}

/** Where and how a program runs. */
export interface StartOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly logPath: string;
}

/** A set of processes with a mark of its own. What is left of them is killed when this process exits. */
export function markProcesses(): MarkedProcesses {
  const mark = `${variable}=${randomUUID()}`;
  process.once("exit", () => signal(findMarked(mark), "SIGKILL"));
  return {
    start(program, args, { cwd, env, logPath }) {
      const log = openSync(logPath, "a");
      const child = spawn(program, args, {
        cwd,
        env: { ...process.env, ...env, [variable]: mark.slice(variable.length + 1) },
        stdio: ["ignore", log, log],
      });
      closeSync(log);
      // The exit code says it: a program that cannot be started never gives figures.
      child.on("error", () => {});
      return child;
    },
    peakBytes: (commandLine) =>
      Math.max(
        0,
        ...findMarked(mark)
          .filter((pid) => commandLine.test(read(pid, "cmdline")))
          .map(peakBytesOf),
      ),
    async end() {
      signal(findMarked(mark), "SIGTERM");
      const endsAtMs = performance.now() + graceMs;
      while (findMarked(mark).length > 0 && performance.now() < endsAtMs) await sleep(100);
      signal(findMarked(mark), "SIGKILL");
    },
  };
}

/** Most memory that a process ever held, from its VmHWM; 0 when it is gone. */
export function peakBytesOf(pid: number): number {
  return parsePeakBytes(read(pid, "status"));
}

/** VmHWM of the text of a process's `status` file in bytes; 0 when it has none. */
export function parsePeakBytes(status: string): number {
  return Number(/^VmHWM:\s+(\d+) kB$/mu.exec(status)?.[1] ?? 0) * 1024;
}

function findMarked(mark: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/u.test(name))
    .map(Number)
    .filter((pid) => read(pid, "environ").split("\0").includes(mark));
}

function signal(pids: readonly number[], name: "SIGTERM" | "SIGKILL"): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // It ended in the meantime, which is what is wanted.
    }
  }
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
