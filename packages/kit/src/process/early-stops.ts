/** Exit codes that a shell and the kubelet know: what the signal would have ended the process with, were it not the first of its container. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

type Handler = (signal: NodeJS.Signals) => void;
const signals = Object.keys(EXIT_CODES) as (keyof typeof EXIT_CODES)[];
/** Where any copy of this module finds the handler: a launcher and the program that it loads are bundled each for itself. */
const slot = Symbol.for("tributary.dev/early-stops");
const holder = process as unknown as Record<symbol, Handler | undefined>;

/** Ends the process at a stop signal, until {@link takeOverStops}: nothing has begun that would have to be finished. */
export function endAtEarlyStops(): void {
  if (holder[slot] !== undefined) return;
  const endAtOnce: Handler = (signal) => process.exit(EXIT_CODES[signal as keyof typeof EXIT_CODES]);
  holder[slot] = endAtOnce;
  for (const signal of signals) process.on(signal, endAtOnce);
}

/** Whoever calls this handles stop signals from now on. */
export function takeOverStops(): void {
  const handler = holder[slot];
  holder[slot] = undefined;
  if (handler !== undefined) for (const signal of signals) process.off(signal, handler);
}
