import { join } from "node:path";
import {
  type AggregatorEffect,
  type AggregatorEvent,
  type AggregatorState,
  type AggregatorStep,
  DeadlineStage,
  isArgumentError,
  isCollected,
  isMasked,
  type MaskKey,
  openAggregation,
  type PlannedState,
  planBytes,
  RefusalReason,
  type RoundPlan,
  type RoundSetup,
  ranksOf,
  SegmentStage,
  setupBytes,
  stepAggregator,
  toHex,
} from "@tributary/federated";
import { allEnded, isTributaryError, realDisk } from "@tributary/kit";
import { SegmentStaging } from "../../wire/segment-staging.ts";
import { FailingTurns } from "../failing-turns.ts";
import { AttemptSums, type BrokenFile, PartyFilesBroken } from "./attempt-sums.ts";
import { canBeOpened, isAnnounced } from "./lost-parties.ts";
import { MachineFile } from "./machine-file.ts";
import { announcedParties, awaitedHolders, isOpening, PartyLoss, spentParties } from "./opening-outlook.ts";
import type { RunDeps, RunOutcome } from "./run-contract.ts";
import { endsWithoutLost, hasReported } from "./waited-parties.ts";

type StoredEvent = Extract<AggregatorEvent, { type: "stored" }>;

/** Events after which nobody may be waited for but parties that are lost. */
const MAY_END_WAITING: ReadonlySet<AggregatorEvent["type"]> = new Set(["stored", "receive", "summed", "broken"]);

/** Longest time that a sum waits for those of the other segments, so that they become durable together. */
const SUM_DELAY_MS = 25;

/**
 * One attempt at one round: drives the protocol's aggregator machine and does what it asks, one event after another.
 *
 * Everything it needs after a crash lies in its directory. Durable point 1 is its `persist`.
 */
export class RoundRun {
  readonly staging: SegmentStaging;
  readonly #deps: RunDeps;
  /** Its sums, opened ones among them. */
  readonly sums: AttemptSums;
  readonly #file: MachineFile;
  readonly #outcome = Promise.withResolvers<RunOutcome>();
  readonly #announced = Promise.withResolvers<void>();
  /** Reports that were completed while this process ran, and what the next one resolves. */
  #reports = 0;
  #nextReport = Promise.withResolvers<void>();
  readonly #failedParties = new Set<number>();
  /** Those of them whose secrets of the attempt are gone. */
  readonly #goneParties = new Set<number>();
  /** Those of them that sign nothing more. */
  readonly #refusingParties = new Set<number>();
  /** Whether survivors were announced: what was given up afterwards does not show it. */
  #hasAnnounced: boolean;
  #isParked = false;
  /** Parties whose staged bytes broke: no report of theirs is waited for or taken any more; they can still sign and answer. */
  readonly #brokenParties = new Set<number>();
  #state: AggregatorState;
  /** As it was before anybody said anything. */
  readonly #first: AggregatorState;
  /** A failure ends the attempt, and with it the program. */
  readonly #turns = new FailingTurns((cause) => this.#outcome.reject(cause));
  #isClosed = false;
  /** Parties of the sums that are asked for, by segment. */
  readonly #waitingSums = new Map<number, readonly number[]>();
  #sumTimer: NodeJS.Timeout | undefined;

  private constructor(deps: RunDeps, state: AggregatorState) {
    this.#deps = deps;
    const { directory, disk = realDisk } = deps;
    this.#state = state;
    this.#first = state;
    this.#hasAnnounced = state.segments.some((segment) => segment.survivors !== null && isCollected(segment));
    // What fails before anybody waits for the outcome is told to whoever waits, and ends no program before.
    this.#outcome.promise.catch(() => {});
    if (isAnnounced(state)) this.#announced.resolve();
    this.staging = new SegmentStaging(join(directory, "segments"), { disk, onProblem: deps.changed });
    this.sums = new AttemptSums({ ...deps, disk, staging: this.staging });
    this.#file = new MachineFile(directory, disk);
  }

  /** Opens a new attempt: a restarted process finds its setup; a machine that lost it opens the next attempt. */
  static async open(deps: RunDeps, setup: RoundSetup, plan: RoundPlan): Promise<RoundRun> {
    const run = await RoundRun.openEarly(deps, setup);
    await run.start(plan);
    return run;
  }

  /** Opens a new attempt whose plan is not known yet: keys are exchanged meanwhile. No other process finds it before it starts. */
  static async openEarly(deps: RunDeps, setup: RoundSetup): Promise<RoundRun> {
    const { state, effects } = openAggregation(deps.context, setup);
    const run = new RoundRun(deps, state);
    await run.sums.prepare();
    await run.#perform(effects);
    return run;
  }

  /** Takes up an attempt that a former process left; `undefined` when its directory holds none. */
  static async resume(deps: RunDeps): Promise<RoundRun | undefined> {
    try {
      const state = await new MachineFile(deps.directory, deps.disk ?? realDisk).load();
      if (state === undefined) return undefined;
      const run = new RoundRun(deps, state);
      await run.sums.prepare();
      await run.sums.restore(run.state);
      return run;
    } catch (error) {
      // Only the state before anything was announced is not synced: a crash of the machine may tear it, and costs an attempt.
      if (!isArgumentError(error) && !isTributaryError(error, "SUM_DAMAGED")) throw error;
      deps.log.warn({ err: error }, "the attempt's files are damaged; the next attempt opens");
      return undefined;
    }
  }

  /**
   * The plan is known: reports are welcome. What a restarted process finds has nothing of the exchange, which its parties say again.
   *
   * @returns false where a party was lost, or the exchange failed, before: then it has not started.
   */
  start(plan: RoundPlan): Promise<boolean> {
    const { context } = this.#deps;
    return this.#turns.take(async () => {
      const { state, effects } = stepAggregator(context, this.#state, { type: "plan", plan });
      await this.#file.writeFirst({ ...this.#first, plan: state.plan });
      // Asked last: a party may be lost while the disk writes.
      if (state.plan === null || this.#failedParties.size > 0) return false;
      this.#state = state;
      await this.#perform(effects);
      return true;
    });
  }

  get state(): AggregatorState {
    return this.#state;
  }

  /** Resolves once, with the opened sums or the reason why there are none. */
  get outcome(): Promise<RunOutcome> {
    return this.#outcome.promise;
  }

  /** Resolves once the survivors of every segment are announced: from then on only signatures and answers are waited for. */
  get announced(): Promise<void> {
    return this.#announced.promise;
  }

  /** How many parties have completed their reports while this process ran. */
  get reports(): number {
    return this.#reports;
  }

  /** Resolves once more parties than these have completed their reports. */
  async reportsBeyond(count: number): Promise<void> {
    while (this.#reports <= count) await this.#nextReport.promise;
  }

  /** The setup as each party is sent it, signed once. */
  get setupMessage(): Uint8Array {
    return setupBytes(this.#deps.context, this.#state);
  }

  /** The plan as each party is sent it, signed once; there is none before the attempt has started. */
  get planMessage(): Uint8Array {
    return planBytes(this.#deps.context, this.#state as PlannedState);
  }

  /** Gives the machine an event and does what it answers; resolves with the effects once they are done. */
  post(event: AggregatorEvent): Promise<readonly AggregatorEffect[]> {
    return this.#turns.take(async () => (this.#isClosed ? [] : this.#run(event)));
  }

  /** A party reports no more in this attempt: goes on without it as soon as nobody else is waited for. */
  async dropParty(party: number, loss: PartyLoss = PartyLoss.Silent): Promise<void> {
    const losses = { Silent: this.#failedParties, Refuses: this.#refusingParties, Gone: this.#goneParties }[loss];
    if (losses.has(party) || !this.#state.setup.roster.some(({ id }) => id === party)) return;
    losses.add(party);
    this.#failedParties.add(party);
    await this.#turns.take(async () => (this.#isClosed ? undefined : this.#goOnWithoutLost()));
  }

  /** Parties that are gone for this attempt. */
  get lost(): ReadonlySet<number> {
    return this.#failedParties;
  }

  /** Whether it has waited in vain for those who could open an announced sum, and waits on. */
  get isParked(): boolean {
    return this.#isParked && this.#state.segments.some(isOpening);
  }

  /** Parties of a masked sum that it announced, which alone may repeat it on the same start; `undefined` when no such sum can be signed. */
  get spent(): readonly number[] | undefined {
    return this.#hasAnnounced ? spentParties(this.#state, this.#refusingParties) : undefined;
  }

  /**
   * Too few have answered in time. A masked sum is given up only when those who are left can never open it; else it waits on, and asks anew
   * those whose word is missing: some may have been kept from it by their gate.
   */
  async park(): Promise<void> {
    await this.#turns.take(async () => (this.#isClosed ? undefined : this.#askAgain()));
  }

  /** Whether the party's report is complete in every segment. */
  hasReported(party: number): boolean {
    return hasReported(this.#state, party);
  }

  /** Stops taking events, after the one that runs, and segments: from then on nothing makes a name in the attempt's directory. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#turns.idle();
    clearTimeout(this.#sumTimer);
    await this.staging.close();
  }

  /** Ends the attempt from outside; the sums that it may have are not used. */
  give(outcome: RunOutcome): void {
    this.#outcome.resolve(outcome);
  }

  async #run(event: AggregatorEvent): Promise<readonly AggregatorEffect[]> {
    if (event.type === "stored" && !this.#isStaged(event)) return [];
    const before = this.#state;
    const step = this.#step(event);
    this.#state = step.state;
    if (event.type === "removed") this.#deps.opened(event.segment);
    await this.#perform(step.effects);
    // What is refused or repeated is no news: whoever follows the job would be woken by every word of a party.
    if (this.#state !== before) this.#deps.changed();
    if (isAnnounced(this.#state)) this.#announced.resolve();
    if (event.type === "receive" && hasReported(this.#state, event.from) && !hasReported(before, event.from))
      this.#countReport();
    if (MAY_END_WAITING.has(event.type)) await this.#goOnWithoutLost();
    return step.effects;
  }

  #countReport(): void {
    this.#reports += 1;
    this.#nextReport.resolve();
    this.#nextReport = Promise.withResolvers();
  }

  /** What was discarded between its last byte and this event is not there any more. */
  #isStaged({ segment, party, sha256 }: StoredEvent): boolean {
    return !this.#brokenParties.has(party) && this.staging.isStaged(segment, party, toHex(sha256));
  }

  /** A step of the machine; one that a party's message makes fail costs that party its place in the attempt, and nobody else anything. */
  #step(event: AggregatorEvent): AggregatorStep {
    try {
      return stepAggregator(this.#deps.context, this.#state, event);
    } catch (cause) {
      if (event.type !== "receive") throw cause;
      this.#deps.log.error({ err: cause, party: event.from }, "a party's message could not be taken");
      this.#failedParties.add(event.from);
      const detail = `party ${event.from} sent a message that could not be taken`;
      const refusal = { reason: RefusalReason.MalformedMessage, detail };
      return { state: this.#state, effects: [{ type: "refused", party: event.from, refusal }] };
    }
  }

  async #perform(effects: readonly AggregatorEffect[]): Promise<void> {
    for (const effect of effects) {
      switch (effect.type) {
        case "persist":
          await this.#persist(effect.segments);
          break;
        case "send":
          this.#deps.send(effect.to, effect.message);
          break;
        case "sum":
          this.#waitingSums.set(effect.segment, effect.parties);
          break;
        case "discard":
          await this.staging.discard(effect.segment, effect.party);
          break;
        default:
          await this.#note(effect);
      }
    }
    if (this.#waitingSums.size > 0) await this.#sumTogether();
  }

  /** Sums what waits once every segment is closed, or soon. */
  async #sumTogether(): Promise<void> {
    if (!this.#state.segments.some(({ stage }) => stage === SegmentStage.Collecting)) return this.#sumWaiting();
    const sumLater = () => this.#turns.take(async () => (this.#isClosed ? undefined : this.#sumWaiting()));
    this.#sumTimer ??= setTimeout(() => void sumLater().catch(() => {}), SUM_DELAY_MS);
  }

  async #sumWaiting(): Promise<void> {
    clearTimeout(this.#sumTimer);
    this.#sumTimer = undefined;
    const sums: { segment: number; sumSha256: Uint8Array }[] = [];
    try {
      for (const [segment, parties] of this.#waitingSums)
        sums.push({ segment, sumSha256: await this.sums.add(this.#state.setup, segment, parties) });
    } catch (error) {
      if (!(error instanceof PartyFilesBroken)) throw error;
      return this.#goOnWithoutBroken(error.files);
    }
    this.#waitingSums.clear();
    if (sums.length > 0) await this.#run({ type: "summed", sums });
  }

  /** Nothing of these sums was said: those that hold a party whose bytes broke are asked for again without it, or end empty. */
  async #goOnWithoutBroken(files: readonly BrokenFile[]): Promise<void> {
    for (const { party, message } of files) {
      this.#deps.log.error({ party }, message);
      this.#brokenParties.add(party);
      this.#deps.dropped(party, message);
    }
    for (const [segment, parties] of this.#waitingSums)
      if (parties.some((party) => this.#brokenParties.has(party))) this.#waitingSums.delete(segment);
    await this.#run({ type: "broken", parties: files.map(({ party }) => party) });
  }

  async #note(effect: Exclude<AggregatorEffect, { type: "persist" | "send" | "sum" | "discard" }>): Promise<void> {
    const { log } = this.#deps;
    switch (effect.type) {
      case "remove":
        return this.#remove(effect.segment, effect.keys);
      case "commit":
        return this.#outcome.resolve({ kind: "Summed", results: effect.results });
      case "failed":
        return this.#outcome.resolve({ kind: "Failed", code: "QUORUM_NOT_REACHED", message: effect.refusal.detail });
      case "refused":
        log.info({ party: effect.party, ...effect.refusal }, "message of a party refused");
        return this.#deps.refused(effect.party, effect.refusal.reason, effect.refusal.detail);
      case "emptied":
        return log.warn({ segment: effect.segment, ...effect.refusal }, "segment ends without a sum");
      case "starved":
        return log.warn(
          { segment: effect.segment, missing: effect.missing },
          "announced survivors got too few answers",
        );
      case "suspected":
        return log.warn(effect, "a share does not fit");
    }
  }

  /** Durable point 1: the sums and the state that names their digests, before the survivors are announced. */
  async #persist(segments: readonly number[]): Promise<void> {
    if (segments.length > 0) this.#hasAnnounced = true;
    this.#deps.crash("before-sum-durable");
    await this.sums.makeDurable(segments);
    // The disk makes one commit of what it is asked for together.
    await allEnded([this.#keepAnnounced(segments), this.#file.save(this.#state)]);
    this.#deps.crash("after-sum-durable");
  }

  /** Under masks, of whom the sums are: all segments have the same survivors. */
  async #keepAnnounced(segments: readonly number[]): Promise<void> {
    const parties = segments.length > 0 ? announcedParties(this.#state) : undefined;
    if (parties !== undefined) await this.#deps.keepAnnounced(parties, this.#state.setup);
  }

  /** Without masks the sum is open as it is. One that cannot be opened ends the attempt, which only the same survivors repeat. */
  async #remove(segment: number, keys: readonly MaskKey[]): Promise<void> {
    const { setup, segments } = this.#state;
    const { sumSha256, survivors } = segments[setup.segments.findIndex(({ id }) => id === segment)]!;
    const announced = { parties: ranksOf(survivors!).length, sumSha256: sumSha256! };
    try {
      const opened = isMasked(setup) ? await this.sums.open(setup, segment, announced, keys) : sumSha256!;
      await this.#run({ type: "removed", segment, sumSha256: opened });
    } catch (cause) {
      if (!isTributaryError(cause, "SUM_DAMAGED")) throw cause;
      this.#outcome.resolve({ kind: "Failed", code: cause.code, message: cause.message });
    }
  }

  async #askAgain(): Promise<void> {
    const awaited = awaitedHolders(this.#state);
    const refusing = awaited.filter((party) => this.#refusingParties.has(party));
    if (!canBeOpened(this.#state, new Set([...this.#goneParties, ...refusing]))) {
      await this.#run({ type: "abandon" });
      return;
    }
    this.#isParked = true;
    this.#deps.changed();
    for (const party of awaited) await this.#run({ type: "reconnected", party });
  }

  /**
   * Closes a stage early when the only parties missing are known to be lost, or when quorum is out of reach, and gives up a sum
   * that was announced to parties of which too few are left to open it.
   */
  async #goOnWithoutLost(): Promise<void> {
    if (this.#failedParties.size + this.#brokenParties.size === 0) return;
    if (!canBeOpened(this.#state, isMasked(this.#state.setup) ? this.#goneParties : this.#failedParties)) {
      await this.#run({ type: "abandon" });
      return;
    }
    const lost = new Set([...this.#failedParties, ...this.#brokenParties]);
    for (const stage of [DeadlineStage.Advertising, DeadlineStage.Sharing, DeadlineStage.Collecting])
      if (endsWithoutLost(this.#state, stage, lost)) await this.#run({ type: "deadline", stage });
  }
}
