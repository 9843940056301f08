/** What a queue holds at most, and how large an item is. */
export interface QueueBounds<T> {
  readonly items: number;
  readonly bytes: number;
  readonly sizeOf: (item: T) => number;
}

/**
 * Messages for one reader, in order, bounded by number and bytes.
 *
 * A reader that falls behind by more loses its queue and starts over, which every reader here survives.
 */
export class MessageQueue<T> implements AsyncIterable<T> {
  readonly #bounds: QueueBounds<T>;
  readonly #items: T[] = [];
  #bytes = 0;
  #wake: (() => void) | undefined;
  #isClosed = false;

  constructor(bounds: QueueBounds<T>) {
    this.#bounds = bounds;
  }

  /** Adds a message; `false`, and the end of the queue with all that it held, when it is full. */
  push(item: T): boolean {
    if (this.#isClosed) return true;
    const bytes = this.#bytes + this.#bounds.sizeOf(item);
    const isFull = this.#items.length >= this.#bounds.items || (this.#items.length > 0 && bytes > this.#bounds.bytes);
    if (isFull) this.#drop();
    else {
      this.#items.push(item);
      this.#bytes = bytes;
    }
    this.#wake?.();
    return !isFull;
  }

  /** Ends the reading once what is queued is read. */
  close(): void {
    this.#isClosed = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      while (this.#items.length > 0) yield this.#shift();
      if (this.#isClosed) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  #shift(): T {
    const item = this.#items.shift()!;
    this.#bytes -= this.#bounds.sizeOf(item);
    return item;
  }

  #drop(): void {
    this.#isClosed = true;
    this.#items.length = 0;
    this.#bytes = 0;
  }
}
