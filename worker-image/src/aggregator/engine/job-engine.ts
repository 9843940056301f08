import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { controlV1 } from "@tributary/contracts";
import { backoffMs, isStorageError, isTributaryError, TributaryError } from "@tributary/kit";
import type { SegmentResource } from "../../shared/tensor-wire/resources.ts";
import type { PartyProblem } from "../party/party-directory.ts";
import { LedgerOutcome, survivorsOf } from "../store/ledger-line.ts";
import type { TensorRound } from "../wire/tensor-endpoint.ts";
import { AttemptDesk, type OpenAttempt } from "./attempt-desk.ts";
import { AttemptFiles } from "./attempt-files.ts";
import { type AttemptEnd, awaitOutcome } from "./await-outcome.ts";
import { ByteMeter } from "./byte-meter.ts";
import type { EngineDeps, EngineProblem } from "./engine-deps.ts";
import { JobOutput } from "./job-output.ts";
import { LedgerView } from "./ledger-view.ts";
import { OutputWait } from "./output-wait.ts";
import { expectedSizeBytes } from "./round-run.ts";
import { stageOf } from "./round-stage.ts";
import { selectParties } from "./select-parties.ts";
import { StateFeed } from "./state-feed.ts";
import { whyWithoutSum } from "./why-without-sum.ts";
import { WindowDesk } from "./window-desk.ts";
import { WindowsFile } from "./windows-file.ts";

type WindowPlan = controlV1.WindowPlan;

/** Delays between attempts at a round that closed empty. */
const ATTEMPT_BACKOFF = { initialMs: 500, maxMs: 30_000 };
/** Delays between tries at a volume that is full or does not work. */
const STORAGE_BACKOFF = { initialMs: 250, maxMs: 15_000 };

/**
 * Runs the job's rounds: takes windows from the operator, opens a round after the other, commits each.
 *
 * One loop owns all progress. Calls from outside feed the open attempt, or change the windows in a turn of their own: see `README.md`.
 */
export class JobEngine implements TensorRound {
  readonly feed: StateFeed;
  readonly #deps: EngineDeps;
  readonly #windows: WindowDesk;
  readonly #attempts: AttemptDesk;
  readonly #output: JobOutput;
  readonly #outputWait: OutputWait;
  readonly #ledger: LedgerView;
  #problem: EngineProblem | undefined;
  /** Times in a row that a volume was found full or broken. */
  #storageFailures = 0;
  #commitInWork: Promise<unknown> = Promise.resolve();
  readonly #bytes = new ByteMeter();

  constructor(deps: EngineDeps) {
    this.#deps = deps;
    this.feed = new StateFeed(deps.clock.nowMs());
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
    this.#attempts = new AttemptDesk(deps, new AttemptFiles(directory), onChange);
    deps.parties.observer = {
      connected: (party) => this.#welcome(party),
      replaced: (party) => this.#attempts.dropParty(party),
      changed: onChange,
    };
  }

  /** What the operator's snapshot shows; nothing in it is changed later. */
  get view() {
    const run = this.#attempts.run;
    const problem: EngineProblem | undefined = run?.staging.problem ?? this.#problem;
    return {
      ...this.#ledger.under(this.#windows.rule),
      rule: this.#windows.rule,
      stage: this.#stage(),
      window: this.#windows.open,
      endedWindow: this.#windows.ended,
      phase: this.#phase,
      rounds: this.#rounds,
      round: this.#attempts.roundInWork ?? this.#rounds,
      attempt: this.#attempts.record.attempt,
      failedRounds: this.#attempts.record.failed,
      problem,
      output: { isPending: this.#output.isPending, problem: this.#output.problem ?? this.#outputWait.problem },
      shown: this.#output.shown,
      hasReported: (party: number) => this.#attempts.hasReported(party),
    };
  }

  /** Takes a window of the operator's: idempotent; ROUND_CONFLICT for one that contradicts what is open or committed. */
  async openWindow(plan: WindowPlan): Promise<void> {
    if (plan.jobUid !== this.#deps.config.job.uid)
      throw new TributaryError("MESSAGE_INVALID", `plan of job ${plan.jobUid}`);
    const decision = await this.#windows.take(plan);
    const { from, through, attempt } = plan;
    this.#deps.log.info({ from, through, attempt, decision }, "window taken");
    this.feed.changed();
  }

  /** Ends the job: tells every party, now and later; idempotent. A commit that has begun comes first, an open round is given up. */
  async finishJob(outcome: string): Promise<void> {
    const isNew = await this.#windows.finish(outcome);
    await this.#commitInWork;
    if (!isNew) return;
    this.#attempts.run?.give({ kind: "Failed", code: "OPERATION_ABORTED", message: "the job is finished" });
    for (const { seat } of this.#deps.parties.list()) this.#sayFinished(seat.partyId, outcome);
    this.feed.changed();
  }

  /** Hands a party's protocol message to the open attempt; one of another attempt is too late and only acknowledged. */
  async receiveMessage(party: number, round: number, attempt: number, message: Uint8Array): Promise<void> {
    const run = this.#attempts.runOf(round, attempt);
    if (run === undefined) return;
    const effects = await run.post({ type: "receive", from: party, message });
    const refused = effects.find((effect) => effect.type === "refused");
    if (refused?.refusal.reason === "MessageChanged")
      throw new TributaryError("MESSAGE_CONFLICT", refused.refusal.detail);
  }

  /** A party says that it cannot report in the open attempt. */
  async receiveFailure(party: number, round: number, attempt: number, problem: PartyProblem): Promise<void> {
    this.#deps.log.warn({ party, round, attempt, ...problem }, "party cannot report");
    const run = this.#attempts.runOf(round, attempt);
    if (run === undefined) return;
    this.#deps.parties.setProblem(party, problem);
    await run.dropParty(party);
  }

  /** A party that breaks a bound is out of the open attempt, by name. */
  async dropParty(party: number, problem: PartyProblem): Promise<void> {
    const isNew = this.#deps.parties.setProblem(party, problem);
    if (isNew) this.#deps.log.warn({ party, ...problem }, "party is dropped");
    await this.#attempts.run?.dropParty(party);
  }

  /** Runs rounds until the signal aborts; throws what makes going on impossible. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.feed.changed(), { once: true });
    let isRestored = false;
    while (!signal.aborted) {
      try {
        if (!isRestored) await this.#restore();
        isRestored = true;
        const plan = this.#windows.open;
        if (plan === undefined) await this.#nextChange();
        else await this.#runRound(plan, signal);
      } catch (cause) {
        isRestored = false;
        await this.#waitForStorage(cause, signal);
      }
    }
    await this.#attempts.stop();
    this.#output.settle(this.#windows.rule);
    await this.#outputWait.settled();
  }

  fileOf(sha256: string) {
    return this.#deps.models.fileOf(sha256);
  }

  stagingOf(resource: SegmentResource) {
    const run = this.#attempts.runOf(resource.round, resource.attempt);
    const sizeBytes = run === undefined ? undefined : expectedSizeBytes(run.state.setup, resource.segment);
    if (run === undefined || sizeBytes === undefined) {
      throw new TributaryError(
        "ROUND_NOT_OPEN",
        `round ${resource.round} attempt ${resource.attempt} waits for no such segment`,
      );
    }
    return { staging: run.staging, sizeBytes, section: this.#attempts.sectionOf(resource.segment) };
  }

  segmentStored(resource: SegmentResource, sha256: string, sizeBytes: number): void {
    this.#attempts.segmentStored(resource, sha256, sizeBytes);
  }

  countBytes(set: string, direction: "up" | "down", bytes: number): void {
    this.#bytes.count(set, direction, bytes);
  }

  /** What the recipe calls the round in work, or the next one of the open window. */
  get #phase(): string {
    const plan = this.#attempts.roundInWork === undefined ? this.#windows.open : this.#attempts.record.plan;
    return plan === undefined ? "" : this.#deps.models.scriptOf(plan).phase;
  }

  get #rounds(): number {
    return this.#deps.store.rounds.length;
  }

  async #restore(): Promise<void> {
    if (this.#storageFailures > 0) await this.#reload();
    await this.#windows.advance();
    await this.#attempts.restore();
    const { closed } = this.#attempts.record;
    if (closed !== undefined && this.#storageFailures === 0 && this.#windows.open !== undefined)
      this.#setProblem(closed);
    // Parties that came, or said something, while this was read have been told nothing.
    for (const { seat, isConnected } of this.#deps.parties.list()) if (isConnected) this.#welcome(seat.partyId);
    if (this.#storageFailures > 0 && this.#windows.open === undefined) this.#storageWorks();
  }

  /** Reads what is there; a round whose commit failed after its name was given holds bytes that no other line must hold again. */
  async #reload(): Promise<void> {
    const { store } = this.#deps;
    const known = store.rounds.length;
    await store.reload();
    for (const { line } of store.rounds.slice(known)) this.#bytes.settle(line.bytes);
  }

  /**
   * A volume is full or broken: says so, waits, and goes on as a restarted process would. Nothing that memory holds is believed, since
   * what failed may or may not be on the disk.
   */
  async #waitForStorage(cause: unknown, signal: AbortSignal): Promise<void> {
    if (!isStorageError(cause)) throw cause;
    this.#deps.log.error({ err: cause, code: cause.code, details: cause.details }, cause.message);
    this.#setProblem({ code: cause.code, message: cause.message });
    await this.#attempts.stop();
    const delayMs = backoffMs(this.#storageFailures++, STORAGE_BACKOFF, Math.random());
    await this.#deps.clock.sleep(delayMs, signal).catch(() => {});
  }

  #storageWorks(): void {
    this.#storageFailures = 0;
    this.#setProblem(undefined);
  }

  async #runRound(plan: WindowPlan, signal: AbortSignal): Promise<void> {
    const attempt = this.#attempts.resume(this.#rounds) ?? (await this.#openAttempt(plan, signal));
    if (attempt === undefined) return;
    this.feed.changed();
    this.#output.catchUp(this.#windows.rule);
    if (attempt.isResumed) await attempt.run.post({ type: "resume" });
    // Why the attempt before closed empty stays to be seen until the round is committed.
    if (attempt.record.attempt === 1 && this.#storageFailures === 0) this.#setProblem(undefined);
    const { clock } = this.#deps;
    const end = await awaitOutcome(attempt.run, { expiresMs: attempt.expiresMs, clock, signal });
    if (end !== undefined) await this.#conclude(attempt, end, signal);
  }

  /** Opens an attempt once there are workers for it; `undefined` when the window was replaced or ended meanwhile. */
  async #openAttempt(plan: WindowPlan, signal: AbortSignal): Promise<OpenAttempt | undefined> {
    if (!(await this.#selectParties(plan, signal))) return undefined;
    return this.#windows.whileOpen(plan, () => this.#attempts.open(this.#rounds, plan));
  }

  async #conclude(attempt: OpenAttempt, end: AttemptEnd, signal: AbortSignal): Promise<void> {
    const reason = whyWithoutSum(attempt, end, this.#deps.parties.list());
    if (reason !== undefined) return this.#closeEmpty(attempt, reason, signal);
    await this.#outputWait.settled();
    // Whoever ends the job afterwards waits for the commit; whoever ended it before has had the round given up.
    const begun = await this.#windows.unlessFinished(async () => {
      const commit = this.#commit(attempt);
      // Its failure is the loop's, which waits for it too.
      this.#commitInWork = commit.catch(() => {});
      return { commit };
    });
    if (begun === undefined)
      return this.#closeEmpty(attempt, { code: "OPERATION_ABORTED", message: "the job is finished" }, signal);
    const unusable = await begun.commit.catch((error: unknown) => {
      if (!isTributaryError(error, "SUM_DAMAGED") && !isTributaryError(error, "MODEL_NOT_FINITE")) throw error;
      return { code: error.code, message: error.message };
    });
    // No other sum may take the place of one that was announced; the same one would be as useless after any restart.
    if (unusable !== undefined) return this.#closeEmpty(attempt, unusable, signal);
    await this.#attempts.committed(attempt);
    this.#storageWorks();
    for (const { id } of attempt.run.state.setup.roster)
      if (this.#attempts.hasReported(id)) this.#deps.parties.setProblem(id, undefined);
    await this.#windows.advance();
    this.feed.changed();
  }

  async #commit({ record, commit }: OpenAttempt): Promise<void> {
    const { crash, log } = this.#deps;
    crash("before-commit");
    this.#output.willCommit();
    const { bytes } = this.#bytes;
    const line = await commit.commit({ localSteps: record.plan.localSteps, bytes });
    this.#bytes.settle(bytes);
    crash("after-commit");
    log.info(
      { round: line.round, attempt: record.attempt, outcome: line.outcome, reports: survivorsOf(line).length },
      "round committed",
    );
  }

  async #closeEmpty(attempt: OpenAttempt, reason: EngineProblem, signal: AbortSignal): Promise<void> {
    const { round, attempt: number } = attempt.record;
    await this.#attempts.closeEmpty(attempt, reason);
    this.#deps.log.warn({ round, attempt: number, ...reason }, "round closed empty");
    this.#setProblem(reason);
    if (this.#windows.finished !== undefined || signal.aborted) return;
    const delayMs = backoffMs(number - 1, ATTEMPT_BACKOFF, Math.random());
    await this.#deps.clock.sleep(delayMs, signal).catch(() => {});
  }

  /** Waits until a round can open with whoever is there; false when the window was replaced or ended meanwhile. */
  #selectParties(plan: WindowPlan, signal: AbortSignal): Promise<boolean> {
    return selectParties(this.#deps, plan, {
      isWanted: () => !signal.aborted && this.#windows.open === plan,
      tell: (message) => {
        if (this.#problem === undefined || this.#problem.code === "QUORUM_NOT_REACHED")
          this.#setProblem({ code: "QUORUM_NOT_REACHED", message });
      },
      nextChange: (timeoutMs) => this.#nextChange(timeoutMs),
    });
  }

  #welcome(party: number): void {
    const { finished } = this.#windows;
    if (finished === undefined) this.#attempts.welcome(party);
    else this.#sayFinished(party, finished);
  }

  #sayFinished(party: number, outcome: string): void {
    this.#attempts.send(party, { case: "finished", value: { outcome } as never });
  }

  #stage(): controlV1.Stage {
    if (this.#windows.open === undefined) return controlV1.Stage.IDLE;
    const state = this.#attempts.run?.state;
    return stageOf(this.#attempts.record.round >= this.#rounds ? state : undefined);
  }

  #setProblem(problem: EngineProblem | undefined): void {
    if (isDeepStrictEqual(this.#problem, problem)) return;
    this.#problem = problem;
    this.feed.changed();
  }

  async #nextChange(timeoutMs = 60_000): Promise<void> {
    this.#output.settle(this.#windows.rule);
    await this.feed.waitBeyond(this.feed.revision, timeoutMs, new AbortController().signal);
  }
}
