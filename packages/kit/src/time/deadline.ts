import { TributaryError } from "../errors/tributary-error.ts";

/**
 * Runs `work` with a signal that aborts after `timeoutMs`, or when `parent` does.
 *
 * @param what names the work in the error: `enrolment at the gate`.
 * @throws DEADLINE_EXCEEDED when time is up, the parent's reason when it aborts, else what `work` throws.
 */
export async function withDeadline<T>(
  what: string,
  timeoutMs: number,
  parent: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const onAbort = () => controller.abort(parent?.reason);
  if (parent?.aborted) onAbort();
  parent?.addEventListener("abort", onAbort, { once: true });
  const expired = new TributaryError("DEADLINE_EXCEEDED", `${what} took longer than ${timeoutMs} ms`);
  const timer = setTimeout(() => controller.abort(expired), timeoutMs);
  try {
    return await Promise.race([work(controller.signal), rejectOnAbort(controller.signal)]);
  } finally {
    clearTimeout(timer);
    parent?.removeEventListener("abort", onAbort);
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
