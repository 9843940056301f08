/** A signal that aborts with another one, or when it is stopped; nothing of it stays with the other one then. */
export interface LinkedSignal {
  readonly signal: AbortSignal;
  readonly stop: () => void;
}

/** Links a signal to one that lives much longer, on which `AbortSignal.any` leaves a trace in some runtimes. */
export function linkSignal(other: AbortSignal): LinkedSignal {
  const linked = new AbortController();
  const stop = () => {
    other.removeEventListener("abort", stop);
    linked.abort();
  };
  other.addEventListener("abort", stop);
  if (other.aborted) stop();
  return { signal: linked.signal, stop };
}
