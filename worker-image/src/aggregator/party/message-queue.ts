/**
 * Messages for one reader, in order, bounded.
 *
 * A reader that falls behind by more than the bound loses its queue and starts over, which every reader here survives.
 */
export class MessageQueue<T> implements AsyncIterable<T> {
  readonly #limit: number;
  readonly #items: T[] = [];
  #wake: (() => void) | undefined;
  #isClosed = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Adds a message; closes the queue when it is full. */
  push(item: T): void {
    if (this.#isClosed) return;
    if (this.#items.length >= this.#limit) this.#isClosed = true;
    else this.#items.push(item);
    this.#wake?.();
  }

  /** Ends the reading once what is queued is read. */
  close(): void {
    this.#isClosed = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      while (this.#items.length > 0) yield this.#items.shift()!;
      if (this.#isClosed) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}
