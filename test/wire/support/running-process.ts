import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { dataplaneFlags } from "../../../scripts/images/recipes.ts";
import { bundleOf, type ProgramName } from "./program-bundles.ts";

/** Those that run with the flags of the data plane's image. */
const ofDataplane: ReadonlySet<ProgramName> = new Set(["aggregator", "sidecar", "gate"]);

/** A program of the worker image that a test runs from source. */
export interface RunningProcess {
  readonly name: string;
  /** Lines of its log so far, read as JSON where they are. */
  readonly lines: readonly Record<string, unknown>[];
  /** Resolves with exit code and signal. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  readonly isRunning: boolean;
  readonly pid: number;
  /** `kill -9`; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves when the process is gone. */
  stop(): Promise<void>;
}

/** Starts a program; everything it prints also goes to `logPath`. */
export async function startProgram(
  program: ProgramName,
  options: {
    readonly name: string;
    readonly env: Record<string, string>;
    readonly logPath: string;
    /** Command that runs the one which follows it, in place of itself. */
    readonly within?: readonly string[];
  },
): Promise<RunningProcess> {
  const flags = ofDataplane.has(program) ? dataplaneFlags : [];
  const [command, ...args] = [...(options.within ?? []), process.execPath, ...flags, await bundleOf(program)];
  const child: ChildProcess = spawn(command!, args, {
    env: { PATH: process.env.PATH ?? "", TRIBUTARY_LOG_LEVEL: "debug", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: Record<string, unknown>[] = [];
  let rest = "";
  const take = (chunk: Buffer) => {
    appendFileSync(options.logPath, chunk);
    const parts = (rest + chunk.toString("utf8")).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) lines.push(parseLine(part));
  };
  child.stdout?.on("data", take);
  child.stderr?.on("data", take);
  const ended = once(child, "exit").then(([code, signal]) => ({ code, signal }));
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await ended;
  };
  return {
    name: options.name,
    lines,
    ended,
    pid: child.pid!,
    get isRunning() {
      return child.exitCode === null && child.signalCode === null;
    },
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
  };
}

function parseLine(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return { msg: line };
  }
}
