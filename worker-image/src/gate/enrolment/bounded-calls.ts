import { TributaryError } from "@tributary/kit";

/** Calls of which a few run at once and a few wait; the rest are refused at once. */
export class BoundedCalls {
  readonly #atOnce: number;
  readonly #waiting: number;
  readonly #queue: (() => void)[] = [];
  #running = 0;

  /** @param bounds how many calls may run, and how many may wait. */
  constructor({ atOnce, waiting }: { readonly atOnce: number; readonly waiting: number }) {
    this.#atOnce = atOnce;
    this.#waiting = waiting;
  }

  /** Runs the call when its turn comes. @throws QUEUE_FULL when too many wait, the signal's reason when it aborts first. */
  async run<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#running >= this.#atOnce) await this.#turn(signal);
    else this.#running++;
    try {
      signal.throwIfAborted();
      return await call();
    } finally {
      // Whoever waits takes over the turn; nobody can come between.
      const next = this.#queue.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }

  #turn(signal: AbortSignal): Promise<void> {
    if (this.#queue.length >= this.#waiting) {
      throw new TributaryError("QUEUE_FULL", `${this.#queue.length} calls wait`, { retryAfterMs: 1_000 });
    }
    return new Promise((resolve, reject) => {
      const start = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        this.#queue.splice(this.#queue.indexOf(start), 1);
        reject(signal.reason);
      };
      this.#queue.push(start);
      signal.addEventListener("abort", leave, { once: true });
    });
  }
}
