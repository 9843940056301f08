import {
  type CohortId,
  CohortStage,
  equalBytes,
  fromHex,
  isPlanned,
  type OpenCohort,
  type ReportLayout,
  type RosterEntry,
  type RoundPlan,
  type RoundSetup,
  RoundStage,
} from "@tributary/federated";
import { TributaryError } from "@tributary/kit";
import type { SegmentResource } from "../../../shared/tensor-wire/resources.ts";
import { RoundCommit } from "../commit/commit-round.ts";
import type { EngineDeps, EngineProblem } from "../engine-deps.ts";
import { isSummed } from "../run/lost-parties.ts";
import { PartyLoss } from "../run/opening-outlook.ts";
import { RoundRun } from "../run/round-run.ts";
import { runDeps, unseatedParties } from "../run/run-deps.ts";
import { awaitOutcome } from "./await-outcome.ts";
import type { CohortFiles } from "./cohort-files.ts";
import type { CohortRecord, SpentSum } from "./cohort-records.ts";
import { CohortWords } from "./cohort-words.ts";
import { describeParked } from "./describe-parked.ts";
import { linkSignal } from "./link-signal.ts";
import type { PlannedCohort } from "./plan-cohort.ts";
import { papersOf, type RoundPapers } from "./round-opening.ts";
import { agreedLayout, startDigests } from "./round-terms.ts";
import { StoredNews } from "./stored-news.ts";
import { whyWithoutSum } from "./why-without-sum.ts";

/** What a cohort works with. */
export interface CohortDeps {
  readonly engine: EngineDeps;
  readonly files: CohortFiles;
  /** Told when what the state shows has changed. */
  readonly onChange: () => void;
  /** Told of what fails outside the loop, which has ended the attempt, and with it the loop. */
  readonly onError: (error: unknown) => void;
}

/**
 * Parties that make one sum: one attempt, from its opening until it is in a ledger line or closed empty. It keeps the terms that it was
 * opened with, also over a restart and whatever the job says by then: they are read from what was signed.
 */
export class Cohort {
  readonly run: RoundRun;
  /** Whether a former process opened it. */
  readonly isResumed: boolean;
  readonly #deps: CohortDeps;
  readonly #parties: ReadonlySet<number>;
  #record: CohortRecord;
  #papers: RoundPapers;
  /** When reports are of no use any more, on the monotonic clock. */
  #expiresMs: number;
  /** Ends the wait for its end. */
  #stop = () => {};
  /** Parties whose seats went while this process was down: a job that was changed numbers its seats anew. */
  #unseated: ReadonlySet<number> = new Set();
  /** What its parties were asked for, read once. */
  #layout: { readonly known: ReportLayout | undefined } | undefined;
  #commit: RoundCommit | undefined;
  #words: CohortWords;
  #atWork: Promise<void> | undefined;
  #end: { readonly whyEmpty: EngineProblem | undefined } | undefined;
  readonly #storedNews = new StoredNews();

  private constructor(deps: CohortDeps, record: CohortRecord, run: RoundRun, isResumed: boolean) {
    this.#deps = deps;
    this.#record = record;
    this.run = run;
    this.isResumed = isResumed;
    this.#parties = new Set(run.state.setup.roster.map(({ id }) => id));
    this.#expiresMs = deps.engine.clock.monotonicMs() + leftMs(deps.engine.clock.nowMs(), record, isResumed);
    this.#papers = papersOf(record);
    this.#words = new CohortWords(deps.engine, run, this.#papers, this.#expiresMs);
  }

  /** Opens a new one: its record and state are there when this resolves, and nobody is told yet. */
  static async open(
    deps: CohortDeps,
    record: CohortRecord,
    { setup, plan }: Pick<PlannedCohort, "setup" | "plan">,
  ): Promise<Cohort> {
    const cohort = await Cohort.openEarly(deps, record, setup);
    await cohort.start(record, plan);
    return cohort;
  }

  /**
   * Opens a new one whose start is not known yet: its parties exchange keys. It has no record, so that no other process takes it up; time and start
   * of the one that it is opened with count for nothing.
   */
  static async openEarly(deps: CohortDeps, record: CohortRecord, setup: RoundSetup): Promise<Cohort> {
    let cohort: Cohort | undefined;
    const run = await RoundRun.openEarly(
      depsOf(deps, record, false, () => cohort),
      setup,
    );
    cohort = new Cohort(deps, record, run, false);
    return cohort;
  }

  /**
   * One that was opened early starts: its time begins, and its record and state are there when this resolves. Nobody is told yet.
   *
   * @returns false where it cannot start any more: it is to be closed, unused.
   */
  async start(record: CohortRecord, plan: RoundPlan): Promise<boolean> {
    await this.#deps.files.writeRecord(record);
    if (!(await this.run.start(plan))) return false;
    this.#record = record;
    this.#papers = papersOf(record);
    this.#expiresMs = this.#deps.engine.clock.monotonicMs() + record.plan.deadlineMs;
    this.#words = new CohortWords(this.#deps.engine, this.run, this.#papers, this.#expiresMs);
    this.#layout = undefined;
    return true;
  }

  /** Takes up what a former process left; `undefined` when it left nothing that can be read. */
  static async resume(deps: CohortDeps, id: CohortId): Promise<Cohort | undefined> {
    const record = await deps.files.loadRecord(id);
    if (record === undefined) return undefined;
    let cohort: Cohort | undefined;
    const run = await RoundRun.resume(depsOf(deps, record, true, () => cohort));
    if (run === undefined) return undefined;
    cohort = new Cohort(deps, record, run, true);
    cohort.#unseated = unseatedParties(run, record, deps.engine.parties.list());
    return cohort;
  }

  get record(): CohortRecord {
    return this.#record;
  }

  get id(): CohortId {
    const { setup, attempt } = this.record;
    return { setup, attempt };
  }

  /** As its policy sees it. */
  get view(): OpenCohort {
    return { id: this.id, line: this.record.line, stage: this.#stage };
  }

  /** Whether its end is waited for. */
  get isAtWork(): boolean {
    return this.#atWork !== undefined;
  }

  /** Whether its parties were told what it starts from. */
  get hasStarted(): boolean {
    return isPlanned(this.run.state);
  }

  /** Whether a party is of it. */
  has(party: number): boolean {
    return this.#parties.has(party);
  }

  /** Whether a party's seat is another's since it was opened. */
  isUnseated(party: number): boolean {
    return this.#unseated.has(party);
  }

  /** Whether the report of whoever sits on a seat is complete in every segment. */
  hasReported(party: number): boolean {
    return !this.#unseated.has(party) && this.run.hasReported(party);
  }

  /** What its parties were asked for; INVARIANT_BROKEN for one that cannot be gone on with. */
  get layout(): ReportLayout {
    const layout = this.#knownLayout;
    if (layout === undefined) throw new TributaryError("INVARIANT_BROKEN", "the layout of an open cohort is not known");
    return layout;
  }

  /** Digests of the objects that it started from, hexadecimal, by name. */
  get reads(): Readonly<Record<string, string>> {
    return startDigests(this.#papers.start);
  }

  /** Why it waits for workers that could open its sum; `undefined` while it does not. */
  get parked(): EngineProblem | undefined {
    return this.run.isParked ? describeParked(this.run.state, this.#deps.engine.parties.list()) : undefined;
  }

  /** A sum that it announced, which its workers alone may repeat on the same start; `undefined` when there is no such sum. */
  get spent(): SpentSum | undefined {
    return this.run.spent && spentSum(this.record, this.run.spent, this.run.state.setup);
  }

  /** Its commit, which steps the model as its sums are opened. */
  get commit(): RoundCommit {
    this.#commit ??= new RoundCommit(this.#deps.engine, this);
    return this.#commit;
  }

  /** The section of its report that a segment is of. */
  sectionOf(segment: number): string {
    const isIt = (entry: { readonly segment: { readonly id: number } }) => entry.segment.id === segment;
    const layout = this.#knownLayout;
    return (layout?.updates.find(isIt) ?? layout?.metrics.find(isIt))?.section ?? "unknown";
  }

  /** Whether a former process left it so that it can be gone on with; the log says why not where another version laid it out. */
  get canGoOn(): boolean {
    const { state } = this.run;
    if (state.stage === RoundStage.Failed) return false;
    if (this.#knownLayout !== undefined) return true;
    const { setup, attempt } = this.record;
    const message = "the attempt is laid out as another version does; the next attempt opens";
    this.#deps.engine.log.warn({ setup, attempt }, message);
    return false;
  }

  /** Goes on without the parties whose seats went while no process ran. */
  async dropUnseated(): Promise<void> {
    for (const party of this.#unseated) await this.run.dropParty(party, PartyLoss.Gone);
  }

  /**
   * It is in the ledger, and its parties may not have heard so. A round is committed only with the sums of all its segments: what cannot
   * tell them all tells nothing, and the parties go by the next model, which holds what they sent.
   *
   * @returns whether its parties can be told.
   */
  async tellCommitted(): Promise<boolean> {
    if (isSummed(this.run.state)) await this.run.post({ type: "committed" });
    return this.run.state.stage === RoundStage.Committed;
  }

  /** Begins to wait for its end; again, it does nothing. */
  async begin(signal: AbortSignal): Promise<void> {
    if (this.isAtWork) return;
    // Sums that are open already are stepped by the commit.
    if (this.isResumed) await this.run.post({ type: "resume" });
    const linked = linkSignal(signal);
    this.#stop = linked.stop;
    const bounds = { expiresMs: this.#expiresMs, clock: this.#deps.engine.clock, signal: linked.signal };
    this.#atWork = awaitOutcome(this.run, bounds).then((end) => {
      if (end === undefined) return;
      this.#end = { whyEmpty: whyWithoutSum(this, end, this.#deps.engine.parties.list()) };
    });
    // Whoever waits is told of what fails.
    this.#atWork.catch(() => {});
  }

  /** Resolves once it has ended, or the signal that it began with aborts; rejects with what makes going on impossible. */
  async ended(): Promise<void> {
    await this.#atWork;
  }

  /** Why it is closed: it has no sum to commit, or its ledger line is another's. */
  get whyClosed(): EngineProblem {
    const message = `ledger line ${this.record.line} is another cohort's`;
    return this.#end?.whyEmpty ?? { code: "ROUND_CONFLICT", message };
  }

  /** A sum of it is open: steps the model, unless nobody waits for its end. */
  segmentOpened(segment: number): void {
    if (this.isAtWork) this.commit.segmentOpened(segment);
  }

  /** Stops taking anything; its files stay. */
  async close(): Promise<void> {
    this.#stop();
    await this.run.close();
    await this.#commit?.abandon();
  }

  /** Says to a party that comes (back) what it may have missed. */
  welcome(party: number): void {
    const entry = this.run.state.setup.roster.find(({ id }) => id === party);
    if (entry === undefined) return;
    if (this.#isReplaced(entry)) {
      this.dropParty(party);
      return;
    }
    this.#words.sayOpened(party);
    this.run.post({ type: "reconnected", party }).catch(this.#deps.onError);
  }

  /** Opens the round for every party of it. */
  sayOpened(): void {
    for (const entry of this.run.state.setup.roster) {
      if (this.#isReplaced(entry)) this.dropParty(entry.id);
      else this.#words.sayOpened(entry.id);
    }
  }

  /** Starts the opened round for every party of it. */
  sayStarted(): void {
    for (const entry of this.run.state.setup.roster) {
      if (this.#isReplaced(entry)) this.dropParty(entry.id);
      else this.#words.sayStarted(entry.id);
    }
  }

  /** Tells every party how it ended. */
  sayClosed(committed: boolean, reasonCode: string): void {
    for (const party of this.#parties) this.#words.sayClosed(party, committed, reasonCode);
  }

  /** Another worker has a party's seat: it is gone for it. */
  dropParty(party: number): void {
    this.run.dropParty(party, PartyLoss.Gone).catch(this.#deps.onError);
  }

  /** Every byte of a party's segment is staged. */
  segmentStored(
    { party, segment }: Pick<SegmentResource, "party" | "segment">,
    sha256: string,
    sizeBytes: number,
  ): void {
    const event = { type: "stored", party, segment, sha256: fromHex(sha256), sizeBytes } as const;
    this.#storedNews.tell(`${party}/${segment}/${sha256}`, () => this.run.post(event)).catch(this.#deps.onError);
  }

  /** Whether another worker took the seat since, in this process or while none ran: it knows nothing of the attempt. */
  #isReplaced({ id, publicKey }: RosterEntry): boolean {
    const holder = this.#deps.engine.parties.holderOf(id);
    return holder !== undefined && !equalBytes(holder.publicKey, publicKey);
  }

  get #stage(): CohortStage {
    if (this.#end === undefined) return CohortStage.Running;
    return this.#end.whyEmpty === undefined ? CohortStage.Summed : CohortStage.Empty;
  }

  get #knownLayout(): ReportLayout | undefined {
    this.#layout ??= { known: agreedLayout(this.#deps.engine.crypto, this.run.state, this.#papers) };
    return this.#layout.known;
  }
}

/** What is left of its time. Another process, perhaps on a machine with another clock, opened a resumed one: it used between nothing and all. */
function leftMs(nowMs: number, { plan: { deadlineMs }, startedMs }: CohortRecord, isResumed: boolean): number {
  return isResumed ? deadlineMs - Math.min(deadlineMs, Math.max(0, nowMs - startedMs)) : deadlineMs;
}

/** A sum as it is kept: of whoever sat on these party ids when the cohort was opened. */
function spentSum(
  { line, parties: seated }: CohortRecord,
  parties: readonly number[],
  { threshold }: Pick<RoundSetup, "threshold">,
): SpentSum {
  return { line, parties: parties.flatMap((party) => seated[party] ?? []), threshold };
}

function depsOf(deps: CohortDeps, record: CohortRecord, isResumed: boolean, cohort: () => Cohort | undefined) {
  return runDeps(deps.engine, record, {
    directory: deps.files.folderOf(record),
    keepRecord: () => deps.files.keepRecord(cohort()?.record ?? record, isResumed),
    keepAnnounced: (parties, setup) =>
      deps.files.keepAnnounced(record, spentSum(cohort()?.record ?? record, parties, setup)),
    isUnseated: (party) => cohort()?.isUnseated(party) ?? false,
    opened: (segment) => cohort()?.segmentOpened(segment),
    changed: deps.onChange,
  });
}
