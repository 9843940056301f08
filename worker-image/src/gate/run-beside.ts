import type { Closers } from "@tributary/kit";

/** Runs something beside everything else until the closers close, which end it and wait for its end. */
export function runBeside(closers: Closers, what: string, run: (signal: AbortSignal) => Promise<void>): void {
  const stop = new AbortController();
  const ended = run(stop.signal);
  closers.add(what, () => {
    stop.abort();
    return ended;
  });
}
