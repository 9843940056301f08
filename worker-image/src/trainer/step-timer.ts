/** Measures local steps: what they are and how long they take is a fact of a task. */
export class StepTimer {
  readonly #startedMs = performance.now();

  /** Facts of a task that has taken its steps just now. */
  facts(steps: number): Readonly<Record<string, number>> {
    if (steps === 0) return { steps };
    return { steps, stepSeconds: (performance.now() - this.#startedMs) / 1000 / steps };
  }
}
