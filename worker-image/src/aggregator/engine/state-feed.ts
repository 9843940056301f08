/** A revision that grows with every change, and those who wait for it. */
export class StateFeed {
  #revision: number;
  readonly #waiters = new Set<() => void>();

  /** @param start revision to begin with; taken from the clock, so that it also grows over restarts. */
  constructor(start: number) {
    this.#revision = start;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Counts a change and wakes everybody who waits. */
  changed(): void {
    this.#revision++;
    for (const wake of [...this.#waiters]) wake();
  }

  /**
   * Resolves when the revision is another than `revision`, after `waitMs`, or when the caller goes away. A caller who names a higher one
   * has it from a former process, whose clock may have been ahead.
   */
  async waitBeyond(revision: number, waitMs: number, signal: AbortSignal): Promise<void> {
    if (this.#revision !== revision || waitMs === 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        this.#waiters.delete(done);
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      signal.addEventListener("abort", done, { once: true });
      this.#waiters.add(done);
    });
  }
}
