import { setTimeout as sleep } from "node:timers/promises";

/** Looks every `everyMs` until `look` gives something other than undefined, at most `timeoutMs`; the error carries what was seen last. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined>,
  timeoutMs = 60_000,
  everyMs = 250,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown = "nothing";
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline)
      throw new Error(`${what} did not happen in ${timeoutMs / 1000} s; last: ${String(last)}`);
    await sleep(everyMs);
  }
}
