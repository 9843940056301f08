import type { ControlPlane, ControlPlaneOptions } from "@tributary/clouds";
import type { CaseResult } from "../shared/bench-line.ts";

/** What a case may use. */
export interface BenchContext {
  /** Starts a control plane that is stopped at the end of the case. */
  startCluster(name: string, options?: Omit<ControlPlaneOptions, "name">): Promise<ControlPlane>;
  /** Repetitions of a case that repeats. */
  readonly runs: number;
  /** Seconds of the cases that watch for a time. */
  readonly idleSeconds: number;
  readonly cutSeconds: number;
  /** Pods of the cache case. */
  readonly pods: number;
  /** Objects of the reconcile and restart cases. */
  readonly objects: number;
  readonly rotations: number;
  /** Nodes of the large member. */
  readonly nodes: number;
  /** Participants of the large job and workers of each. */
  readonly participants: number;
  readonly workers: number;
}

/** One case: measures ours, and the peer in the same run where there is one. */
export type BenchCase = (context: BenchContext) => Promise<CaseResult[]>;

/** Version of the peer. */
export const clientNode = { name: "@kubernetes/client-node", version: "2.0.1" } as const;

/** Runs `work` and gives what it gave with the processor seconds that this process used. */
export async function withCpu<T>(work: () => Promise<T>): Promise<{ value: T; cpuSeconds: number }> {
  const before = process.cpuUsage();
  const value = await work();
  const { user, system } = process.cpuUsage(before);
  return { value, cpuSeconds: (user + system) / 1e6 };
}

/** The fields of a result that few cases of this bench measure. */
export function unmeasured(): Pick<CaseResult, "cpuSeconds" | "peakBytes"> {
  return { cpuSeconds: { ours: [], peer: null }, peakBytes: { ours: process.memoryUsage().rss, peer: null } };
}

/** Waits until `condition` holds, looking every 2 ms; throws when that takes longer than `timeoutMs`. */
export async function waitUntil(what: string, condition: () => boolean, timeoutMs = 120_000): Promise<void> {
  const endsAtMs = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > endsAtMs) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Pauses for so long. */
export function pauseSeconds(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
