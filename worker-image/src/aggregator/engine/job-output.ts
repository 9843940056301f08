import type { controlV1 } from "@tributary/contracts";
import type { Logger, TributaryError } from "@tributary/kit";
import { chooseBest } from "../output/choose-best.ts";
import {
  type Look,
  OutputPublisher,
  type Publication,
  PublishedModel,
  type PublisherOptions,
  type ShownModel,
} from "../output/output-publisher.ts";
import type { Checkpoints, JobModels } from "./job-models.ts";
import type { LedgerView } from "./ledger-view.ts";

/** What the output follows. */
export interface OutputSources {
  readonly ledger: LedgerView;
  readonly models: Pick<JobModels, "stored" | "committed" | "keep">;
  readonly log: Logger;
  /** Told whenever nothing waits to be written any more. */
  readonly onSettled: () => void;
}

/**
 * Keeps the output volume up with the ledger. The best model stays on the aggregator's own disk until the volume has it for good.
 *
 * The engine says when: a large file on its way to the disk would hold up the small ones that open a round.
 */
export class JobOutput {
  readonly #publisher: OutputPublisher;
  readonly #sources: OutputSources;
  /** By what the best model is judged; nobody has said it before the first round. */
  #judged: { readonly rule: controlV1.ConvergenceRule | undefined } | undefined;
  /** Output may lag behind the ledger, as it may after a start. */
  #isBehind = true;
  /** Digest of a best model that is gone, once the log says so. */
  #missed = "";

  /** @param directory of the output volume. */
  constructor(directory: string, sources: OutputSources, options: PublisherOptions = {}) {
    this.#sources = sources;
    this.#publisher = new OutputPublisher(directory, sources.log, sources.onSettled, options);
    sources.models.keep((sha256) => this.#isNeeded(sha256));
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

  /** The models that the volume shows, which may be older than those of the ledger. */
  get shown(): { readonly last: ShownModel | undefined; readonly best: ShownModel | undefined } {
    return { last: this.#publisher.shown(PublishedModel.Last), best: this.#publisher.shown(PublishedModel.Best) };
  }

  /** A round is about to be committed: whoever sees it committed must see that the output is behind. */
  willCommit(): void {
    this.#isBehind = true;
  }

  /** Writes what the volume lacks, in the background; what failed is tried again. */
  catchUp(rule: controlV1.ConvergenceRule | undefined): void {
    this.#judged = { rule };
    if (!this.#isBehind && (this.#publisher.isBusy || this.#publisher.problem === undefined)) return;
    this.#isBehind = false;
    // The best first: its file may be the one that the last is about to replace.
    this.#publisher.publish(PublishedModel.Best, (look) => this.#best(look));
    this.#publisher.publish(PublishedModel.Last, async () => this.#last());
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

  get #rule(): controlV1.ConvergenceRule | undefined {
    return this.#judged?.rule;
  }

  get #wanted(): Checkpoints {
    return this.#sources.ledger.under(this.#rule).models;
  }

  get #stored() {
    return this.#sources.models.stored(this.#rule?.metric ?? "");
  }

  #last(): Publication | undefined {
    const { last } = this.#wanted;
    return last === undefined ? undefined : { ...this.#stored.find(({ sha256 }) => sha256 === last.sha256), ...last };
  }

  async #best(look: Look): Promise<Publication | undefined> {
    const { best } = this.#wanted;
    if (best === undefined) return undefined;
    const isStored = this.#stored.some(({ sha256 }) => sha256 === best.sha256);
    // What the volume has is read only where it matters: the file may be large.
    const chosen = this.#choose(best, isStored ? undefined : await look((sha256) => this.#isOurs(sha256)));
    if (chosen.sha256 !== best.sha256 && this.#missed !== best.sha256) {
      this.#missed = best.sha256;
      const rounds = { best: best.round, published: chosen.round };
      this.#sources.log.warn(rounds, "the best model is there no longer: the best of those that are is published");
    }
    return chosen;
  }

  #choose(best: ShownModel, shown: ShownModel | undefined): Publication {
    const published = shown && this.#sources.models.committed(shown.sha256, this.#rule?.metric ?? "");
    const there: Publication[] = published === undefined ? this.#stored : [...this.#stored, published];
    return chooseBest(best, there, this.#rule?.mode === "Max" ? "Max" : "Min");
  }

  #isOurs(sha256: string): boolean {
    return this.#sources.models.committed(sha256, "") !== undefined;
  }

  /** Whether a model must stay on the aggregator's disk besides the newest ones. */
  #isNeeded(sha256: string): boolean {
    if (this.#judged === undefined) return true;
    const { best } = this.#wanted;
    if (best === undefined || this.#publisher.isSafe(PublishedModel.Best, sha256)) return false;
    return this.#choose(best, this.#publisher.shown(PublishedModel.Best)).sha256 === sha256;
  }
}
