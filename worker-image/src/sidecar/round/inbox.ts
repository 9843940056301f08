/** Asks somebody who may not answer for long; ended by {@link Inbox.endWait}. */
export type Wait = <T>(ask: (signal: AbortSignal) => Promise<T>) => Promise<T>;

/** Most messages that wait behind another: beyond them whoever brings the next waits too. */
const MOST_HELD = 256;

/**
 * Messages in their order, one after the other. One that waits for an answer from outside holds up those behind it, and not whoever brings them:
 * else nobody would hear that what it waits for is over.
 */
export class Inbox {
  #last: Promise<void> = Promise.resolve();
  #held = 0;
  #isWaiting = false;
  #abort = new AbortController();
  /** Lets go whoever brought a message that is not done. */
  readonly #leaving = new Set<() => void>();
  /** Told of what failed after whoever brought it had gone on. */
  readonly #onFault: (cause: unknown) => void;

  constructor(onFault: (cause: unknown) => void) {
    this.#onFault = onFault;
  }

  /** Does `work` when all before it is done. Resolves when it is done, or when it or something before it waits for an answer from outside. */
  async take(work: (wait: Wait) => Promise<void>): Promise<void> {
    this.#held += 1;
    const done = this.#last.then(() => work((ask) => this.#wait(ask))).finally(() => (this.#held -= 1));
    this.#last = done.catch(() => {});
    if (this.#held > MOST_HELD) return done;
    const left = Promise.withResolvers<"left">();
    const leave = () => {
      done.catch(this.#onFault);
      left.resolve("left");
    };
    if (this.#isWaiting) return leave();
    this.#leaving.add(leave);
    await Promise.race([done, left.promise]).finally(() => this.#leaving.delete(leave));
  }

  /** Ends a wait with this reason; resolves when everything that was taken is done. */
  async endWait(reason: Error): Promise<void> {
    this.#abort.abort(reason);
    await this.#last;
    this.#abort = new AbortController();
  }

  async #wait<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal } = this.#abort;
    signal.throwIfAborted();
    this.#isWaiting = true;
    for (const leave of this.#leaving) leave();
    try {
      return await ask(signal);
    } finally {
      this.#isWaiting = false;
    }
  }
}
