/**
 * News of staged segments on their way to the machine. A worker may ask for one segment as often as it likes: of each at most one telling
 * is under way and one waits behind it, which has yet to look at what is staged then.
 */
export class StoredNews {
  readonly #untold = new Map<string, number>();

  /** Tells unless the same news waits already. */
  async tell(key: string, tell: () => Promise<unknown>): Promise<void> {
    const untold = this.#untold.get(key) ?? 0;
    if (untold >= 2) return;
    this.#untold.set(key, untold + 1);
    try {
      await tell();
    } finally {
      const left = this.#untold.get(key)! - 1;
      if (left === 0) this.#untold.delete(key);
      else this.#untold.set(key, left);
    }
  }
}
