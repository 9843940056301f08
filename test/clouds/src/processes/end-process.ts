import { waitUntil } from "../wait-until.ts";
import { isAlive, type ProcessIdentity } from "./process-identity.ts";

/** Sends a signal to the process that `identity` meant, and to no other; returns whether it was alive. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch (error: unknown) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}

/** Ends a process with SIGKILL and waits until it is gone, at most 10 s. */
export async function killProcess(identity: ProcessIdentity): Promise<void> {
  signalProcess(identity, "SIGKILL");
  await waitUntil(`the end of process ${identity.pid}`, () => !isAlive(identity), {
    timeoutMs: 10_000,
    intervalMs: 10,
  });
}
