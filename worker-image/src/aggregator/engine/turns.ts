/** Work of several callers, one after another in the order in which they came. */
export class Turns {
  #tail: Promise<unknown> = Promise.resolve();

  /** Runs work once all that was given before has ended, well or not. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(work);
    this.#tail = turn.catch(() => {});
    return turn;
  }
}
