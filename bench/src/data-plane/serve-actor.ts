import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Measurement } from "./actor.ts";

/** What an actor's operation returns; the peak of memory is added to it. */
export type Outcome = Omit<Measurement, "peakBytes">;

/** What {@link timesOf} measures. */
export type Times = Pick<Measurement, "seconds" | "cpuSeconds">;

/** The options that the starting process gave to this actor. */
export function actorOptions<T>(): T {
  return JSON.parse(process.argv[2] ?? "{}") as T;
}

/** Answers each JSON line on standard input with one on standard output until the input ends. */
export async function serveActor(
  answer: (request: Readonly<Record<string, unknown>>) => Outcome | Promise<Outcome>,
): Promise<void> {
  say({ ready: true, version: process.version });
  for await (const line of createInterface({ input: process.stdin })) {
    say({ ...(await answer(JSON.parse(line) as Record<string, unknown>)), peakBytes: peakResidentBytes() });
  }
}

/** Times `work`, by the clock and in processor time. */
export async function timesOf(work: () => unknown): Promise<Times> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { seconds, cpuSeconds: (user + system) / 1e6 };
}

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function peakResidentBytes(): number {
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
  return Number(line?.[1] ?? Number.NaN) * 1024;
}
