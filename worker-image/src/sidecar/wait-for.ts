/** Something that was looked for, and is there. */
export interface Found<T> {
  readonly value: T;
}

/**
 * Waits until a look finds something, looking again after each change; rejects when the signal aborts.
 *
 * @param changed resolves with the next change after the call.
 */
export async function waitFor<T>(
  look: () => Found<T> | undefined,
  changed: () => Promise<unknown>,
  signal: AbortSignal,
): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    signal.throwIfAborted();
    for (let found = look(); ; found = look()) {
      if (found !== undefined) return found.value;
      await Promise.race([changed(), aborted.promise]);
    }
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
