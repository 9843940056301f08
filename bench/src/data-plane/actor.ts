import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ANSWER_DEADLINE_MS = 600_000;

/** What an actor measured in one run. */
export interface Measurement {
  readonly seconds: number;
  /** Processor time of all the process's threads; unlike the time, other work on the machine changes it little. */
  readonly cpuSeconds: number;
  /** Most memory the actor's process ever held. */
  readonly peakBytes: number;
  /** Bytes on the wire for each value, where there is a wire. */
  readonly bytesPerValue?: number;
}

/** A process that takes part in a benchmark: ours and the peer's alike, asked in turns. */
export interface Actor {
  /** What the actor says of its version when it is ready. */
  readonly version: unknown;
  /** Runs one operation in the actor; rejects when its process ends or takes more than ten minutes. */
  ask(request: object): Promise<Measurement>;
  /** Ends the actor's process. */
  stop(): void;
}

/** Starts a Python actor and waits until it is ready. */
export function startPythonActor(python: string, script: string, args: readonly (string | number)[]): Promise<Actor> {
  const path = fileURLToPath(new URL(`./peers/${script}`, import.meta.url));
  // A peer runs as its packages come, not with what somebody set for the numeric library of this machine.
  const { OPENBLAS_CORETYPE: _core, OPENBLAS_L2_SIZE: _cache, ...env } = process.env;
  return startActor(spawn(python, [path, ...args.map(String)], { env }));
}

/** Starts an actor of this folder in a Node process of its own and waits until it is ready; `options` go as JSON. */
export function startNodeActor(file: string, options: object): Promise<Actor> {
  const script = fileURLToPath(new URL(`./${file}`, import.meta.url));
  return startActor(spawn(process.execPath, ["--conditions=tributary-source", script, JSON.stringify(options)]));
}

/** The exit code of a process whose output has ended, or the signal that ended it. */
async function endOf(child: ChildProcessWithoutNullStreams): Promise<string> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return child.signalCode ?? `exit code ${child.exitCode}`;
}

async function startActor(child: ChildProcessWithoutNullStreams): Promise<Actor> {
  child.stderr.pipe(process.stderr);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Record<string, unknown>> => {
    const timer = setTimeout(() => child.kill("SIGKILL"), ANSWER_DEADLINE_MS);
    const { done, value } = await lines.next();
    clearTimeout(timer);
    if (done) throw new Error(`${child.spawnargs.slice(0, 3).join(" ")} ended with ${await endOf(child)}`);
    return JSON.parse(value) as Record<string, unknown>;
  };
  const { version } = await next();
  return {
    version,
    async ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      return (await next()) as unknown as Measurement;
    },
    stop() {
      child.stdin.end();
    },
  };
}
