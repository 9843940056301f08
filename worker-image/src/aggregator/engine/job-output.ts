import type { controlV1 } from "@tributary/contracts";
import type { Logger, TributaryError } from "@tributary/kit";
import { OutputPublisher, PublishedModel } from "../output/output-publisher.ts";
import type { Checkpoints } from "./job-models.ts";
import type { LedgerView } from "./ledger-view.ts";

/** What the output follows. */
export interface OutputSources {
  readonly ledger: LedgerView;
  readonly log: Logger;
  /** Told whenever nothing waits to be written any more. */
  readonly onSettled: () => void;
}

/**
 * Keeps the output volume up with the ledger.
 *
 * The engine says when: a large file on its way to the disk would hold up the small ones that open a round.
 */
export class JobOutput {
  readonly #publisher: OutputPublisher;
  readonly #sources: OutputSources;
  /** Output may lag behind the ledger, as it may after a start. */
  #isBehind = true;

  /** @param directory of the output volume. */
  constructor(directory: string, sources: OutputSources) {
    this.#sources = sources;
    this.#publisher = new OutputPublisher(directory, sources.log, sources.onSettled);
  }

  /** Whether the volume lacks what the last commit made, or a crash of the machine could still take it. */
  get isPending(): boolean {
    return (
      this.#isBehind || this.#publisher.isBusy || this.#publisher.problem !== undefined || !this.#publisher.isDurable
    );
  }

  /** Why the volume lacks a model, when writing failed. */
  get problem(): TributaryError | undefined {
    return this.#publisher.problem;
  }

  /** A round is about to be committed: whoever sees it committed must see that the output is behind. */
  willCommit(): void {
    this.#isBehind = true;
  }

  /** Writes what the volume lacks, in the background; what failed is tried again. */
  catchUp(rule: controlV1.ConvergenceRule | undefined): void {
    if (!this.#isBehind && (this.#publisher.isBusy || this.#publisher.problem === undefined)) return;
    this.#isBehind = false;
    const { last, best } = this.#sources.ledger.under(rule).models;
    // The best first: its file may be the one that the last is about to replace.
    this.#publish(PublishedModel.Best, best);
    this.#publish(PublishedModel.Last, last);
  }

  /** No round is under way: writes what the volume lacks and makes all of it durable, in the background. */
  settle(rule: controlV1.ConvergenceRule | undefined): void {
    this.catchUp(rule);
    this.#publisher.sync();
  }

  /** Resolves when nothing waits to be written any more. */
  settled(): Promise<void> {
    return this.#publisher.settled();
  }

  #publish(model: PublishedModel, checkpoint: Checkpoints["last"]): void {
    if (checkpoint === undefined) return;
    const { source, ...rest } = checkpoint;
    if (source === undefined) this.#publisher.giveUp(model);
    else this.#publisher.publish(model, { ...rest, source });
  }
}
