import type { Logger } from "./logger.ts";

/** Things to close at the end of a program, last opened first. */
export class Closers {
  readonly #log: Logger;
  readonly #closers: { readonly what: string; readonly close: () => Promise<void> | void }[] = [];

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Remembers how to close `what`. */
  add(what: string, close: () => Promise<void> | void): void {
    this.#closers.push({ what, close });
  }

  /** Closes everything in reverse order; a failure is logged and does not keep the rest open. */
  async closeAll(): Promise<void> {
    for (const { what, close } of this.#closers.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        this.#log.warn({ err: error, what }, "could not be closed");
      }
    }
  }
}
