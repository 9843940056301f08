import { type Clock, TributaryError } from "@tributary/kit";

/** Longest that a round, or the end of this process, waits for the output volume. */
export const OUTPUT_TIMEOUT_MS = 60_000;

/** What is waited for. */
export interface SettlingOutput {
  /** Resolves when nothing waits to be written any more; never while the volume does not answer. */
  settled(): Promise<void>;
}

/**
 * Waits for the output volume before the ledger goes on, so that no model is pruned that is just being copied: but not for one that hangs,
 * as a network's volume may for hours. Then rounds go on, and none waits for it again before it answers.
 */
export class OutputWait {
  readonly #output: SettlingOutput;
  readonly #clock: Clock;
  readonly #onChange: () => void;
  #isLate = false;

  /** @param onChange told when {@link OutputWait.problem} changes. */
  constructor(output: SettlingOutput, clock: Clock, onChange: () => void) {
    this.#output = output;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** That the volume does not answer, while it does not. */
  get problem(): TributaryError | undefined {
    if (!this.#isLate) return undefined;
    const message = `the output volume has not answered for more than ${OUTPUT_TIMEOUT_MS / 1000} s: check its file server or disk; rounds go on, and the models are written once it answers`;
    return new TributaryError("STORAGE_UNAVAILABLE", message);
  }

  /** Resolves once nothing waits to be written any more, or the volume does not answer in time. */
  async settled(): Promise<void> {
    if (this.#isLate) return;
    const settled = this.#output.settled();
    const stop = new AbortController();
    const late = this.#clock.sleep(OUTPUT_TIMEOUT_MS, stop.signal).then(
      () => true,
      () => false,
    );
    const isLate = await Promise.race([settled.then(() => false), late]).finally(() => stop.abort());
    if (!isLate) return;
    this.#setLate(true);
    const answered = () => this.#setLate(false);
    settled.then(answered, answered);
  }

  #setLate(isLate: boolean): void {
    this.#isLate = isLate;
    this.#onChange();
  }
}
