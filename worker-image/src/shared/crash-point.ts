import { closeSync, openSync } from "node:fs";
import type { Environment, Logger } from "@tributary/kit";

/** Named points at which a test may ask a program to kill itself. */
export type CrashPoint =
  | "before-sum-durable"
  | "after-sum-durable"
  | "before-commit"
  | "after-commit"
  | "before-close"
  | "after-close"
  | "before-report-durable"
  | "after-report-durable"
  | "during-upload"
  | "after-upload";

/** Kills this process with SIGKILL when it is at the point that a test named; does nothing otherwise. */
export type CrashSimulator = (point: CrashPoint) => void;

/**
 * Simulated crashes, for tests: `TRIBUTARY_SIMULATE_CRASH_AT` names a point, or `point@n` for the n-th time that it is reached;
 * `TRIBUTARY_SIMULATE_CRASH_MARKER` names a file that does not exist yet. At the point the file is made and the process killed; since
 * the file then exists, it happens once.
 */
export function createCrashSimulator(env: Environment, log: Logger): CrashSimulator {
  const [wanted, times = "1"] = env.TRIBUTARY_SIMULATE_CRASH_AT?.split("@") ?? [];
  const marker = env.TRIBUTARY_SIMULATE_CRASH_MARKER;
  if (!wanted || !marker) return () => {};
  log.warn({ point: wanted, times }, "a crash will be simulated: TRIBUTARY_SIMULATE_CRASH_AT is set");
  let left = Number(times);
  return (point) => {
    if (point !== wanted || --left > 0 || !claimMarker(marker)) return;
    process.kill(process.pid, "SIGKILL");
    // The kernel ignores the signal where this is the first process of a container: end without another line of work.
    process.exit(137);
  };
}

function claimMarker(path: string): boolean {
  try {
    closeSync(openSync(path, "wx"));
    return true;
  } catch {
    return false;
  }
}
