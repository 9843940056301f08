/** Values that one side adds and the other reads in order, waiting for them. */
export class MessageFeed<T> implements AsyncIterable<T> {
  readonly #waiting: T[] = [];
  #isEnded = false;
  #failure: unknown;
  #news = Promise.withResolvers<void>();

  /** Adds a value; after the end it is dropped. */
  add(value: T): void {
    if (this.#isEnded) return;
    this.#waiting.push(value);
    this.#wake();
  }

  /** Ends the feed once what waits is read; with a failure the reader throws it. */
  end(failure?: unknown): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#failure = failure;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      while (this.#waiting.length > 0) yield this.#waiting.shift()!;
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#isEnded) return;
      await this.#news.promise;
    }
  }

  #wake(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}
