import { closeSync, openSync } from "node:fs";
import type { Environment, Logger } from "@tributary/kit";

/** Named points at which a test may ask a program to kill itself. */
export type CrashPoint =
  | "before-sum-durable"
  | "after-sum-durable"
  | "before-commit"
  | "after-commit"
  | "before-report-durable"
  | "after-report-durable"
  | "during-upload"
  | "after-upload";

/** Kills this process with SIGKILL when it is at the point that a test named; does nothing otherwise. */
export type CrashSimulator = (point: CrashPoint) => void;

/**
 * Simulated crashes, for tests: `TRIBUTARY_SIMULATE_CRASH_AT` names a point, `TRIBUTARY_SIMULATE_CRASH_MARKER` a file that does not
 * exist yet. At the point the file is made and the process killed; since the file then exists, it happens once.
 */
export function createCrashSimulator(env: Environment, log: Logger): CrashSimulator {
  const wanted = env.TRIBUTARY_SIMULATE_CRASH_AT;
  const marker = env.TRIBUTARY_SIMULATE_CRASH_MARKER;
  if (!wanted || !marker) return () => {};
  log.warn({ point: wanted }, "a crash will be simulated: TRIBUTARY_SIMULATE_CRASH_AT is set");
  return (point) => {
    if (point !== wanted || !claimMarker(marker)) return;
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
