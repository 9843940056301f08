import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { controlV1 } from "@tributary/contracts";
import { type CohortPlan, CohortStage, type CohortView, everybody } from "@tributary/federated";
import { TributaryError } from "@tributary/kit";
import { LedgerOutcome } from "../store/ledger-line.ts";
import { attemptDelayMs } from "./cohorts/attempt-delay.ts";
import type { Cohort } from "./cohorts/cohort.ts";
import { CohortFiles } from "./cohorts/cohort-files.ts";
import { CohortInbox } from "./cohorts/cohort-inbox.ts";
import { CohortRuns } from "./cohorts/cohort-runs.ts";
import { viewCohorts } from "./cohorts/cohort-view.ts";
import { type Candidates, selectParties } from "./cohorts/select-parties.ts";
import { candidatesOf, shortfallOf } from "./cohorts/spent-sum.ts";
import { Committer } from "./commit/commit-plan.ts";
import { EarlyKeys } from "./early-keys.ts";
import type { EngineDeps, EngineProblem } from "./engine-deps.ts";
import { JobOutput } from "./job-output.ts";
import { LedgerView } from "./ledger-view.ts";
import { OutputWait } from "./output-wait.ts";
import { stageOf } from "./run/shown-stage.ts";
import { StateFeed } from "./state-feed.ts";
import { StorageWait } from "./storage-wait.ts";
import { requireOpeningQuorum } from "./windows/opening-quorum.ts";
import { WindowDesk } from "./windows/window-desk.ts";
import { WindowsFile } from "./windows/windows-file.ts";

type WindowPlan = controlV1.WindowPlan;

/** Who works with whom: the job's rounds are synchronous. */
const POLICY = everybody;

/** The loop looks again after so long, whether or not something changed. */
const LONGEST_WAIT_MS = 60_000;

/**
 * Runs the job's rounds: takes windows from the operator, opens the cohorts that the policy wants, and commits those that it chooses.
 *
 * One loop owns all progress. Calls from outside feed the cohort that they are of, or change the windows in a turn of their own: see
 * `README.md`.
 */
export class JobEngine {
  readonly feed: StateFeed;
  /** What parties say and send. */
  readonly inbox: CohortInbox;
  readonly #deps: EngineDeps;
  readonly #windows: WindowDesk;
  readonly #cohorts: CohortRuns;
  readonly #committer: Committer;
  readonly #output: JobOutput;
  readonly #outputWait: OutputWait;
  readonly #ledger: LedgerView;
  readonly #earlyKeys: EarlyKeys;
  #problem: EngineProblem | undefined;
  /** Why there are too few workers to open a cohort; what the attempt before closed for stays beside it. */
  #shortfall: EngineProblem | undefined;
  #toldShortfall: string | undefined;
  readonly #storage: StorageWait;

  constructor(deps: EngineDeps) {
    this.#deps = deps;
    this.feed = new StateFeed(deps.clock.nowMs());
    this.#storage = new StorageWait(deps);
    const onChange = () => this.feed.changed();
    this.#ledger = new LedgerView(deps.store, deps.models);
    this.#output = new JobOutput(deps.config.directories.output, {
      log: deps.log,
      ledger: this.#ledger,
      models: deps.models,
      onSettled: onChange,
    });
    this.#outputWait = new OutputWait(this.#output, deps.clock, onChange);
    const directory = join(deps.config.directories.data, "open");
    this.#windows = new WindowDesk(new WindowsFile(directory), () => ({
      rounds: this.#rounds,
      isEvaluated: deps.store.rounds.at(-1)?.line.outcome === LedgerOutcome.Evaluated,
      stops: (plan) => this.#ledger.under(plan.convergence).verdict.stop,
    }));
    this.#cohorts = new CohortRuns(deps, new CohortFiles(directory), onChange);
    const [windows, cohorts, output, outputWait] = [this.#windows, this.#cohorts, this.#output, this.#outputWait];
    this.#committer = new Committer({ engine: deps, windows, cohorts, output, outputWait });
    this.#earlyKeys = new EarlyKeys({
      ...{ engine: deps, windows, cohorts },
      rounds: () => this.#rounds,
      choose: (plan, line) => this.#choose(plan, line),
    });
    this.inbox = new CohortInbox(deps, this.#cohorts, this.#committer);
    deps.parties.observer = {
      connected: (party) => this.#welcome(party),
      replaced: (party) => this.#cohorts.dropParty(party),
      changed: onChange,
    };
  }

  /** What the operator's snapshot shows; nothing in it is changed later. */
  get view() {
    const { journal, shown } = this.#cohorts;
    const problem: EngineProblem | undefined =
      shown?.run.staging.problem ?? shown?.parked ?? this.#shortfall ?? this.#problem;
    return {
      ...this.#ledger.under(this.#windows.rule),
      rule: this.#windows.rule,
      stage: this.#stage(),
      window: this.#windows.open,
      endedWindow: this.#windows.ended,
      phase: this.#phase,
      rounds: this.#rounds,
      round: this.#inWork?.record.line ?? this.#rounds,
      attempt: journal.attempt,
      failedRounds: journal.failed,
      problem,
      spent: this.#cohorts.spent?.parties ?? [],
      output: { isPending: this.#output.isPending, problem: this.#output.problem ?? this.#outputWait.problem },
      shown: this.#output.shown,
      hasReported: (party: number) => this.#cohorts.hasReported(party),
    };
  }

  /** Takes a window of the operator's: idempotent; ROUND_CONFLICT for one that contradicts what is open or committed. */
  async openWindow(plan: WindowPlan): Promise<void> {
    if (plan.jobUid !== this.#deps.config.job.uid)
      throw new TributaryError("MESSAGE_INVALID", `plan of job ${plan.jobUid}`);
    requireOpeningQuorum(this.#deps.config, plan);
    const decision = await this.#windows.take(plan);
    const { from, through, attempt } = plan;
    this.#deps.log.info({ from, through, attempt, decision }, "window taken");
    this.feed.changed();
  }

  /** Ends the job: tells every party, now and later; idempotent. A commit that has begun comes first, an open round is given up. */
  async finishJob(outcome: string): Promise<void> {
    const isNew = await this.#windows.finish(outcome);
    await this.#committer.settled();
    if (!isNew) return;
    for (const { run } of this.#cohorts.open)
      run.give({ kind: "Failed", code: "OPERATION_ABORTED", message: "the job is finished" });
    for (const { seat } of this.#deps.parties.list()) this.#sayFinished(seat.partyId, outcome);
    this.feed.changed();
  }

  /** Runs rounds until the signal aborts; throws what makes going on impossible. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.feed.changed(), { once: true });
    let isRestored = false;
    while (!signal.aborted) {
      try {
        if (!isRestored) await this.#restore();
        isRestored = true;
        await this.#takeTurn(signal);
      } catch (cause) {
        isRestored = false;
        await this.#waitForStorage(cause, signal);
      }
    }
    await this.#cohorts.stop();
    this.#output.settle(this.#windows.rule);
    await this.#outputWait.settled();
  }

  /** What the recipe calls the round in work, or the next one of the open window. */
  get #phase(): string {
    const plan = this.#inWork?.record.plan ?? this.#windows.open;
    return plan === undefined ? "" : this.#deps.models.scriptOf(plan).phase;
  }

  /** Of the cohorts that are waited for the furthest behind. One whose line is there is over, also while its parties have yet to hear so. */
  get #inWork(): Cohort | undefined {
    return this.#cohorts.open.find(({ isAtWork, record }) => isAtWork && record.line >= this.#rounds);
  }

  get #rounds(): number {
    return this.#deps.store.rounds.length;
  }

  async #restore(): Promise<void> {
    if (this.#storage.isFailing) await this.#committer.reload();
    await this.#windows.advance();
    await this.#cohorts.restore();
    const { closed } = this.#cohorts;
    if (closed !== undefined && !this.#storage.isFailing && this.#windows.open !== undefined) this.#setProblem(closed);
    // Parties that came, or said something, while this was read have been told nothing.
    for (const { seat, isConnected } of this.#deps.parties.list()) if (isConnected) this.#welcome(seat.partyId);
    if (this.#storage.isFailing && this.#windows.open === undefined) this.#storageWorks();
  }

  /**
   * A volume is full or broken: says so, waits, and goes on as a restarted process would. Nothing that memory holds is believed, since
   * what failed may or may not be on the disk.
   */
  async #waitForStorage(cause: unknown, signal: AbortSignal): Promise<void> {
    this.#setProblem(this.#storage.problemOf(cause));
    await this.#cohorts.stop();
    await this.#storage.wait(signal);
  }

  #storageWorks(): void {
    this.#storage.works();
    this.#setProblem(undefined);
  }

  /** Closes what came to nothing, else commits what can be, else opens what is wanted; then waits for what comes next. */
  async #takeTurn(signal: AbortSignal): Promise<void> {
    // What changes while the turn waits for a disk is not missed by the wait for a change that ends it.
    const { revision } = this.feed;
    const plan = this.#windows.open;
    const view = this.#view;
    const closing = POLICY.close(view).map((id) => this.#cohorts.require(id));
    for (const cohort of closing) await this.#closeEmpty(cohort, cohort.whyClosed, signal);
    if (closing.length > 0) return;
    const commit = POLICY.commit(view);
    if (commit !== undefined) {
      const { cohort, unusable } = await this.#committer.commit(commit);
      return unusable === undefined ? this.#concludeRound(cohort) : this.#closeEmpty(cohort, unusable, signal);
    }
    if (this.#windows.finished !== undefined) await this.#cohorts.leaveIdle();
    if (plan === undefined && this.#inWork === undefined) {
      await this.#cohorts.dropEarly();
      return this.#nextChange(revision);
    }
    if (plan !== undefined && POLICY.open(view, this.#candidates(plan).quorum).length > 0) {
      await this.#openCohorts(plan, signal);
      // Whatever a policy wants and does not get, the loop never goes round without a change.
      if (this.#cohorts.open.length === 0) return this.#nextChange(revision);
    }
    await this.#awaitEnd(revision, signal);
  }

  /** Waits until one of the cohorts that run ends, and for any change when none does; throws what makes going on impossible. */
  async #awaitEnd(revision: number, signal: AbortSignal): Promise<void> {
    const { open } = this.#cohorts;
    for (const cohort of open) if (!cohort.isAtWork) await this.#begin(cohort, signal);
    const running = open.filter(({ view }) => view.stage === CohortStage.Running);
    if (running.length === 0) return this.#nextChange(revision);
    const [first] = running;
    await this.#earlyKeys.exchangeBeside(first!, Promise.race(running.map((cohort) => cohort.ended())), signal);
  }

  /** Who could be in the first cohort of a line if it were opened now, and what is known of the seats. */
  #choose(plan: WindowPlan, line: number) {
    const { seats, quorum } = this.#candidates(plan);
    const [chosen] = POLICY.open(viewCohorts(seats, [], line), quorum);
    return { seats, chosen };
  }

  async #begin(cohort: Cohort, signal: AbortSignal): Promise<void> {
    this.#output.catchUp(this.#windows.rule);
    await cohort.begin(signal);
    this.feed.changed();
    // Why the attempt before closed empty stays to be seen until the round is committed.
    if (cohort.record.attempt === 1 && !this.#storage.isFailing) this.#setProblem(undefined);
  }

  /** Opens what the policy wants once there are workers for it; nothing when the window was replaced or ended meanwhile. */
  async #openCohorts(plan: WindowPlan, signal: AbortSignal): Promise<void> {
    const isSelected = await this.#selectParties(plan, signal);
    this.#setShortfall(undefined);
    if (!isSelected) return;
    const isLargeEnough = ({ parties, minSurvivors }: CohortPlan) => parties.length >= minSurvivors;
    await this.#windows.whileOpen(plan, async () => {
      await this.#cohorts.makeRoom();
      for (const cohort of POLICY.open(this.#view, this.#candidates(plan).quorum).filter(isLargeEnough))
        await this.#cohorts.openCohort(this.#rounds, plan, cohort);
    });
  }

  async #concludeRound(cohort: Cohort): Promise<void> {
    await this.#cohorts.committed(cohort);
    this.#storageWorks();
    for (const { id } of cohort.run.state.setup.roster)
      if (cohort.hasReported(id)) this.#deps.parties.setProblem(id, undefined);
    await this.#windows.advance();
    this.feed.changed();
  }

  async #closeEmpty(cohort: Cohort, reason: EngineProblem, signal: AbortSignal): Promise<void> {
    const { line: round, attempt } = cohort.record;
    await this.#cohorts.closeEmpty(cohort, reason);
    this.#deps.log.warn({ round, attempt, ...reason }, "round closed empty");
    this.#setProblem(reason);
    if (this.#windows.finished !== undefined || signal.aborted) return;
    await this.#deps.clock.sleep(attemptDelayMs(attempt), signal).catch(() => {});
  }

  get #view(): CohortView {
    const { seats } = this.#candidates({ quorum: 0 });
    return viewCohorts(seats, this.#cohorts.open, this.#rounds);
  }

  #candidates({ quorum }: Pick<WindowPlan, "quorum">): Candidates {
    return candidatesOf(this.#deps.parties.list(), quorum, this.#cohorts.spent);
  }

  /** Waits until a round can open with whoever is there; false when the window was replaced or ended meanwhile. */
  #selectParties(plan: WindowPlan, signal: AbortSignal): Promise<boolean> {
    return selectParties(this.#deps, plan, {
      isWanted: () => !signal.aborted && this.#windows.open === plan,
      candidates: () => this.#candidates(plan),
      tell: (message) => this.#setShortfall(message),
      revision: () => this.feed.revision,
      nextChange: (revision, timeoutMs) => this.#nextChange(revision, timeoutMs),
    });
  }

  #welcome(party: number): void {
    const { finished } = this.#windows;
    if (finished === undefined) this.#cohorts.welcome(party);
    else this.#sayFinished(party, finished);
  }

  #sayFinished(party: number, outcome: string): void {
    this.#cohorts.send(party, { case: "finished", value: { outcome } as never });
  }

  #stage(): controlV1.Stage {
    if (this.#windows.open === undefined) return controlV1.Stage.IDLE;
    return stageOf(this.#cohorts.open.find(({ record }) => record.line >= this.#rounds)?.run.state);
  }

  #setShortfall(message: string | undefined): void {
    if (message === this.#toldShortfall) return;
    this.#toldShortfall = message;
    this.#shortfall =
      message === undefined ? undefined : shortfallOf(message, this.#cohorts.spent, this.#deps.parties.list());
    this.feed.changed();
  }

  #setProblem(problem: EngineProblem | undefined): void {
    if (isDeepStrictEqual(this.#problem, problem)) return;
    this.#problem = problem;
    this.feed.changed();
  }

  /** Waits for a change after this revision, which is one that was read before whatever the caller decided from. */
  async #nextChange(revision: number, timeoutMs = LONGEST_WAIT_MS): Promise<void> {
    this.#output.settle(this.#windows.rule);
    await this.feed.waitBeyond(revision, timeoutMs, new AbortController().signal);
  }
}
