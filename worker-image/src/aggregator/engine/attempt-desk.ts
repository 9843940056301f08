import type { controlV1 } from "@tributary/contracts";
import { equalBytes, type ReportLayout, RoundStage } from "@tributary/federated";
import { asTributaryError } from "@tributary/kit";
import type { SegmentResource } from "../../shared/tensor-wire/resources.ts";
import type { PartyMessage } from "../party/party-directory.ts";
import { Fitness } from "../party/seat-fitness.ts";
import { type AttemptFiles, type AttemptPlan, type AttemptRecord, noAttempt } from "./attempt-files.ts";
import { RoundCommit } from "./commit-round.ts";
import type { EngineDeps, EngineProblem } from "./engine-deps.ts";
import { isSummed } from "./lost-parties.ts";
import { nextSetup } from "./next-setup.ts";
import { type RoundOpening, type RoundPapers, signOpening } from "./round-opening.ts";
import { RoundRun, type RunDeps } from "./round-run.ts";
import { agreedLayout, signedTerms, startDigests } from "./round-terms.ts";
import { runDeps, unseatedParties } from "./run-deps.ts";

/** An attempt on which the engine's loop works. */
export interface OpenAttempt {
  readonly run: RoundRun;
  readonly record: AttemptRecord;
  readonly commit: RoundCommit;
  /** When reports are of no use any more, on the monotonic clock. */
  readonly expiresMs: number;
  /** Whether a former process opened it. */
  readonly isResumed: boolean;
}

/**
 * The newest attempt at a round: opens it, takes it up after a restart, and tells parties of it. An attempt keeps the terms that it was
 * opened with, also over a restart and whatever the job says by then: they are read from what was signed. One that closed empty is
 * closed for good.
 */
export class AttemptDesk {
  readonly #deps: EngineDeps;
  readonly #files: AttemptFiles;
  readonly #onChange: () => void;
  #record: AttemptRecord = noAttempt;
  #run: RoundRun | undefined;
  #roundInWork: number | undefined;
  /** Parties of the roster whose seats went while this process was down: a job that was changed numbers its seats anew. */
  #unseated: ReadonlySet<number> = new Set();
  #commit: RoundCommit | undefined;
  /** What the parties of the run were asked for, read once. */
  #layout: { readonly of: RoundRun; readonly layout: ReportLayout | undefined } | undefined;
  /** What the parties of the run are sent first, signed once. */
  #opening: { readonly of: RoundRun; readonly messages: RoundOpening } | undefined;
  #expiresMs = 0;

  constructor(deps: EngineDeps, files: AttemptFiles, onChange: () => void) {
    this.#deps = deps;
    this.#files = files;
    this.#onChange = onChange;
  }

  /** The newest attempt, whether open, committed or closed empty. */
  get record(): AttemptRecord {
    return this.#record;
  }

  /** Its run; absent before the first attempt and after one that closed empty. */
  get run(): RoundRun | undefined {
    return this.#run;
  }

  /** Round in work while an attempt is open. */
  get roundInWork(): number | undefined {
    return this.#roundInWork;
  }

  /** Whether the report of whoever sits on a seat is complete in every segment of the newest attempt. */
  hasReported(party: number): boolean {
    return !this.#unseated.has(party) && (this.#run?.hasReported(party) ?? false);
  }

  /** The section of the newest attempt's report that a segment is of. */
  sectionOf(segment: number): string {
    const layout = this.#run && this.#layoutOf(this.#run);
    const isIt = (entry: { readonly segment: { readonly id: number } }) => entry.segment.id === segment;
    return (layout?.updates.find(isIt) ?? layout?.metrics.find(isIt))?.section ?? "unknown";
  }

  /** The run of exactly this setup. */
  runOf(round: number, attempt: number): RoundRun | undefined {
    const setup = this.#run?.state.setup;
    return setup?.round === round && setup.attempt === attempt ? this.#run : undefined;
  }

  /** Takes up what a former process left of the newest attempt. */
  async restore(): Promise<void> {
    const { clock, store } = this.#deps;
    this.#record = await this.#files.load();
    const { deadlineMs } = this.#record.plan;
    // Another process, perhaps on a machine with another clock, opened it: what it used of its time is between nothing and all.
    const usedMs = Math.min(deadlineMs, Math.max(0, clock.nowMs() - this.#record.startedMs));
    this.#expiresMs = clock.monotonicMs() + deadlineMs - usedMs;
    if (this.#record.closed !== undefined) return;
    const run = await RoundRun.resume(this.#runDeps(this.#record));
    if (run === undefined) return;
    this.#run = run;
    this.#unseated = unseatedParties(run, this.#record, this.#deps.parties.list());
    if (this.#record.round < store.rounds.length) await this.#tellCommitted(run);
    else if (this.#canGoOn(run)) for (const party of this.#unseated) await run.dropParty(party);
    else this.#run = undefined;
  }

  /** The attempt that a former process left open at a round; `undefined` when there is none. */
  resume(round: number): OpenAttempt | undefined {
    const run = this.#run;
    if (run === undefined || this.#record.round !== round) return undefined;
    return this.#opened(run, true);
  }

  /** Opens the next attempt at a round with whoever is fit for it, under the terms of a window's plan. */
  async open(round: number, plan: controlV1.WindowPlan): Promise<OpenAttempt> {
    const { clock, config, crypto, identity, log, models, parties } = this.#deps;
    const { failed } = this.#record;
    const attempt = this.#record.round === round ? this.#record.attempt + 1 : 1;
    const last = this.#record.setup;
    await this.#run?.close();
    this.#run = undefined;
    this.#unseated = new Set();
    await this.#files.removeRuns();
    const all = parties.list();
    const members = all.filter(({ fitness, holder }) => fitness === Fitness.Fit && holder !== undefined);
    const roster = members.map(({ seat: { partyId, participant, workerIndex } }) => {
      return [partyId, { participant: participant.name, workerIndex }] as const;
    });
    const job = { config, crypto, aggregatorKey: identity.publicKey, models, seats: all.map(({ seat }) => seat) };
    const asked = attemptPlan(plan);
    const holders = members.map((member) => member.holder!);
    const setup = nextSetup(
      last,
      members.map(({ seat, lastSetup }) => ({ organisation: seat.participant.organisation, lastSetup })),
    );
    const signed = signedTerms(job, { line: round, setup, attempt, ...asked, holders });
    this.#record = {
      round,
      setup,
      attempt,
      startedMs: clock.nowMs(),
      failed,
      parties: Object.fromEntries(roster),
      plan: asked,
      papers: { terms: base64(signed.terms), start: base64(signed.start) },
    };
    this.#expiresMs = clock.monotonicMs() + this.#record.plan.deadlineMs;
    await this.#files.save(this.#record);
    this.#roundInWork = round;
    if (setup > last + 1)
      log.warn(
        { round, setup, last },
        "workers took later setups than this volume knows of; it was restored, or one lies",
      );
    log.info({ round, attempt, setup, parties: members.length, job: config.job.name }, "round opened");
    const run = await RoundRun.open(this.#runDeps(this.#record), signed.setup, signed.plan);
    this.#run = run;
    const opened = this.#opened(run, false);
    for (const { seat } of members) this.#sayOpened(seat.partyId, run);
    return opened;
  }

  /** The attempt is in the ledger: its parties are told, also those who come back later. */
  async committed({ run }: OpenAttempt): Promise<void> {
    await run.post({ type: "committed" });
    this.#broadcast(run, { case: "closed", value: { committed: true, reasonCode: "" } as never });
    this.#roundInWork = undefined;
  }

  /** The attempt ended without a sum: counts it and closes it in one write, so that no later process does either again, and tells. */
  async closeEmpty({ run, commit }: OpenAttempt, reason: EngineProblem): Promise<void> {
    const { crash } = this.#deps;
    await run.close();
    await commit.abandon();
    crash("before-close");
    const record = { ...this.#record, failed: this.#record.failed + 1, closed: reason };
    await this.#files.save(record);
    crash("after-close");
    this.#record = record;
    this.#run = undefined;
    this.#roundInWork = undefined;
    this.#broadcast(run, { case: "closed", value: { committed: false, reasonCode: reason.code } as never });
  }

  /** Stops whatever runs; its files stay for the next process. */
  async stop(): Promise<void> {
    const run = this.#run;
    this.#run = undefined;
    this.#roundInWork = undefined;
    await run?.close();
    await this.#commit?.abandon();
  }

  /** Says to a party that comes (back) what it may have missed. */
  welcome(party: number): void {
    const run = this.#run;
    const entry = run?.state.setup.roster.find(({ id }) => id === party);
    if (run === undefined || entry === undefined) return;
    const holder = this.#deps.parties.holderOf(party);
    // A worker that took the seat while this process was down knows nothing of the attempt.
    if (holder !== undefined && !equalBytes(holder.publicKey, entry.publicKey)) {
      this.dropParty(party);
      return;
    }
    this.#sayOpened(party, run);
    run.post({ type: "reconnected", party }).catch((error: unknown) => this.#note(error));
  }

  /** A party is gone for the open attempt. */
  dropParty(party: number): void {
    this.#run?.dropParty(party).catch((error: unknown) => this.#note(error));
  }

  /** Every byte of a party's segment is staged. */
  segmentStored({ round, attempt, party, segment }: SegmentResource, sha256: string, sizeBytes: number): void {
    const digest = new Uint8Array(Buffer.from(sha256, "hex"));
    this.runOf(round, attempt)
      ?.post({ type: "stored", party, segment, sha256: digest, sizeBytes })
      .catch((error: unknown) => this.#note(error));
  }

  /** Sends to one party, addressed to the newest attempt. */
  send(party: number, message: PartyMessage): void {
    const { setup: round, attempt } = this.#record;
    this.#deps.parties.send(party, { round, attempt, message });
  }

  #opened(run: RoundRun, isResumed: boolean): OpenAttempt {
    const record = this.#record;
    this.#roundInWork = record.round;
    const reads = startDigests(this.#papers.start);
    const commit = new RoundCommit(this.#deps, { run, layout: this.#layoutOf(run)!, reads, attempt: record });
    this.#commit = commit;
    return { run, record, commit, expiresMs: this.#expiresMs, isResumed };
  }

  /**
   * The round is in the ledger, and its parties may not have heard so. A round is committed only with the sums of all its segments: what
   * cannot tell them all tells nothing, and the parties go by the next model, which holds what they sent.
   */
  async #tellCommitted(run: RoundRun): Promise<void> {
    const { round, attempt } = run.state.setup;
    const { cohorts = [] } = this.#deps.store.rounds[this.#record.round]?.line ?? {};
    const isCommitted = cohorts.some((cohort) => cohort.round === round && cohort.attempt === attempt);
    if (isCommitted && isSummed(run.state)) await run.post({ type: "committed" });
    if (run.state.stage === RoundStage.Committed) return;
    this.#run = undefined;
    this.#deps.log.warn({ round, attempt }, "what the committed round held is not known any more; no result is sent");
  }

  #layoutOf(run: RoundRun): ReportLayout | undefined {
    if (this.#layout?.of === run) return this.#layout.layout;
    const layout = agreedLayout(this.#deps.crypto, run.state, this.#papers);
    this.#layout = { of: run, layout };
    return layout;
  }

  get #papers(): RoundPapers {
    const { papers = noAttempt.papers, round } = this.#record;
    return { terms: bytesOf(papers.terms), start: bytesOf(papers.start), line: round };
  }

  #openingOf(run: RoundRun): RoundOpening {
    if (this.#opening?.of === run) return this.#opening.messages;
    const { crypto, identity } = this.#deps;
    const signer = { crypto, signingSecret: identity.secretKey };
    const messages = signOpening(signer, run.state, run.opening, this.#papers);
    this.#opening = { of: run, messages };
    return messages;
  }

  #canGoOn(run: RoundRun): boolean {
    const { state } = run;
    if (state.stage === RoundStage.Failed) return false;
    if (this.#layoutOf(run) !== undefined) return true;
    const { round, attempt } = state.setup;
    this.#deps.log.warn({ round, attempt }, "the attempt is laid out as another version does; the next attempt opens");
    return false;
  }

  #runDeps(record: AttemptRecord): RunDeps {
    return runDeps(this.#deps, record, {
      directory: this.#files.runDirectory(record),
      isUnseated: (party) => this.#unseated.has(party),
      opened: (segment) => this.#commit?.segmentOpened(segment),
      changed: this.#onChange,
    });
  }

  #sayOpened(party: number, run: RoundRun): void {
    if (run.state.stage === RoundStage.Committed) return;
    const remainingMs = Math.max(0, this.#expiresMs - this.#deps.clock.monotonicMs());
    const { opened, started } = this.#openingOf(run);
    this.send(party, { case: "opened", value: opened(remainingMs) });
    this.send(party, { case: "started", value: started });
  }

  #broadcast(run: RoundRun, message: PartyMessage): void {
    for (const { id } of run.state.setup.roster) this.send(id, message);
  }

  /** What fails outside the loop has ended the attempt, and with it the loop: here it is only told. */
  #note(error: unknown): void {
    this.#deps.log.error({ err: error }, asTributaryError(error).message);
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "base64"));
}

function attemptPlan({ quorum, deadlineMs, localSteps, evaluateOnly }: controlV1.WindowPlan): AttemptPlan {
  return { quorum, deadlineMs: Number(deadlineMs), localSteps: evaluateOnly ? 0 : localSteps, evaluateOnly };
}
