import { Turns } from "./turns.ts";

/**
 * Work one after another, until some of it fails: what is remembered may be ahead of the files then, so nothing follows from it, and
 * whatever is given later fails of the same.
 */
export class FailingTurns {
  readonly #turns = new Turns();
  readonly #onFailure: (cause: unknown) => void;
  #broken: { readonly cause: unknown } | undefined;

  /** @param onFailure told of what failed, before anything given later fails of it. */
  constructor(onFailure: (cause: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** Runs work after all that was given before. */
  take<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.take(async () => {
      if (this.#broken !== undefined) throw this.#broken.cause;
      return work().catch((cause: unknown) => this.#fail(cause));
    });
  }

  /** Resolves once all that was given has ended. */
  async idle(): Promise<void> {
    await this.#turns.take(async () => {});
  }

  #fail(cause: unknown): never {
    this.#broken ??= { cause };
    this.#onFailure(cause);
    throw cause;
  }
}
