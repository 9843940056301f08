/**
 * Waits until `read` gives something other than undefined or false, and returns it.
 *
 * @throws Error with `what` and the last error when `timeoutMs` (30 s by default) is over.
 */
export async function until<T>(
  what: string,
  read: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 30_000,
): Promise<T> {
  const endsAtMs = performance.now() + timeoutMs;
  let last: unknown;
  while (performance.now() < endsAtMs) {
    try {
      const value = await read();
      if (value !== undefined && value !== false) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${what}: not within ${timeoutMs} ms`, { cause: last });
}
