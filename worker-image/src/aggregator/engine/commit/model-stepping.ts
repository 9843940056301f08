import { PassThrough } from "node:stream";
import type { ModelStepResult, OpenedSum } from "./model-step.ts";

/** Feeds the step of a model with sums as they are opened: in the order of their segments, whichever comes first. */
export class ModelStepping {
  readonly #sums = new PassThrough({ objectMode: true });
  readonly #result: Promise<ModelStepResult>;
  readonly #early = new Map<number, OpenedSum>();
  #given = 0;

  /** @param step takes the sums in order; it starts at once. */
  constructor(step: (sums: AsyncIterable<OpenedSum>) => Promise<ModelStepResult>) {
    this.#result = step(this.#sums);
    // Whoever finishes learns why it failed.
    this.#result.catch(() => {});
  }

  /** Takes the sum of update segment `index`; the same one again changes nothing. */
  offer(index: number, sum: OpenedSum): void {
    if (index < this.#given) return;
    this.#early.set(index, sum);
    for (let next = this.#early.get(this.#given); next !== undefined; next = this.#early.get(this.#given)) {
      this.#early.delete(this.#given);
      this.#given++;
      this.#sums.write(next);
    }
  }

  /** Takes the sums of all segments and resolves once all are stepped; throws what stepping failed with. */
  finish(sums: readonly OpenedSum[]): Promise<ModelStepResult> {
    for (const [index, sum] of sums.entries()) this.offer(index, sum);
    this.#sums.end();
    return this.#result;
  }

  /** Gives up; resolves once the step has ended. */
  async abandon(): Promise<void> {
    this.#sums.destroy();
    await this.#result.catch(() => {});
  }
}
