import { rm } from "node:fs/promises";
import { join } from "node:path";
import { controlV1 } from "@tributary/contracts";
import { type CryptoSuite, equalBytes, MessageType, RoundStage } from "@tributary/federated";
import {
  asTributaryError,
  backoffMs,
  type Clock,
  type ErrorCode,
  type Logger,
  readFileIfPresent,
  TributaryError,
  writeFileDurably,
} from "@tributary/kit";
import type { CrashSimulator } from "../../shared/crash-point.ts";
import type { Ed25519Identity } from "../../shared/identity/certificates.ts";
import type { SegmentResource } from "../../shared/tensor-wire/resources.ts";
import type { JobConfig } from "../config/job-config.ts";
import type { PinnedModel } from "../model/initial-model.ts";
import type { AddressedMessage, PartyDirectory, PartyMessage, PartyProblem } from "../party/party-directory.ts";
import type { RoundStore } from "../store/round-store.ts";
import type { TensorRound } from "../wire/tensor-endpoint.ts";
import { AttemptFiles, type AttemptRecord } from "./attempt-files.ts";
import { awaitOutcome } from "./await-outcome.ts";
import { RoundCommit } from "./commit-round.ts";
import { describeShortfall } from "./describe-shortfall.ts";
import type { JobModels } from "./job-models.ts";
import { JobOutput } from "./job-output.ts";
import { judgeRounds, type RoundsVerdict } from "./judge-rounds.ts";
import { expectedSizeBytes, RoundRun, type RunDeps, type RunOutcome } from "./round-run.ts";
import { stageOf } from "./round-stage.ts";
import { type RoundTerms, roundTerms } from "./round-terms.ts";
import { StateFeed } from "./state-feed.ts";
import { decideOnPlan, PlanDecision, WindowFiles } from "./window-plans.ts";

type WindowPlan = controlV1.WindowPlan;

/** What an engine works with. */
export interface EngineDeps {
  readonly config: JobConfig;
  readonly identity: Ed25519Identity;
  readonly crypto: CryptoSuite;
  readonly clock: Clock;
  readonly log: Logger;
  readonly crash: CrashSimulator;
  readonly parties: PartyDirectory;
  readonly store: RoundStore;
  readonly models: JobModels;
  readonly pinned: PinnedModel;
}

/** Why the round in work does not go on. */
export interface EngineProblem {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Delays between attempts at a round that closed empty. */
const ATTEMPT_BACKOFF = { initialMs: 500, maxMs: 30_000 };
/** Longest wait for the last workers once there are enough for a round. */
const SELECTION_GRACE_MS = 15_000;

/**
 * Runs the job's rounds: takes windows from the operator, opens a round after the other, commits each.
 *
 * One loop owns all progress; calls from outside change the plans or feed the open attempt and wake the loop.
 */
export class JobEngine implements TensorRound {
  readonly feed: StateFeed;
  readonly #deps: EngineDeps;
  readonly #windowFiles: WindowFiles;
  readonly #attemptFiles: AttemptFiles;
  readonly #output: JobOutput;
  #current: WindowPlan | undefined;
  #next: WindowPlan | undefined;
  #isWindowEnded = true;
  #run: RoundRun | undefined;
  #terms: RoundTerms | undefined;
  #commit: RoundCommit | undefined;
  #attempt: AttemptRecord = { round: 0, attempt: 0, startedMs: 0, failed: 0, parties: {} };
  /** When reports of the attempt are of no use any more, on the monotonic clock. */
  #expiresMs = 0;
  #problem: EngineProblem | undefined;
  #finished: string | undefined;
  #bytes = { up: 0, down: 0 };

  constructor(deps: EngineDeps) {
    this.#deps = deps;
    this.feed = new StateFeed(deps.clock.nowMs());
    this.#output = new JobOutput(deps.config.directories.output, { ...deps, onSettled: () => this.#changed() });
    const directory = join(deps.config.directories.data, "open");
    this.#windowFiles = new WindowFiles(directory);
    this.#attemptFiles = new AttemptFiles(directory);
    deps.parties.observer = {
      connected: (party) => this.#welcome(party),
      replaced: (party) => void this.#run?.dropParty(party).catch((error: unknown) => this.#fail(error)),
      changed: () => this.#changed(),
    };
  }

  /** What the operator's snapshot shows; nothing in it is changed later. */
  get view() {
    const { store, models } = this.#deps;
    const lines = store.rounds.map(({ line }) => line);
    return {
      stage: this.#stage(),
      window: this.#isWindowEnded ? undefined : this.#current,
      round: this.#terms?.setup.round ?? store.rounds.length,
      attempt: this.#attempt.attempt,
      failedRounds: this.#attempt.failed,
      problem: this.#problem,
      output: { isPending: this.#output.isPending, problem: this.#output.problem },
      verdict: this.#verdict(),
      models: models.checkpoints(lines, this.#current?.convergence),
      hasReported: (party: number) => this.#run?.hasReported(party) ?? false,
    };
  }

  /** Takes a window of the operator's: idempotent; ROUND_CONFLICT for one that contradicts what is open or committed. */
  async openWindow(plan: WindowPlan): Promise<void> {
    if (plan.jobUid !== this.#deps.config.job.uid)
      throw new TributaryError("MESSAGE_INVALID", `plan of job ${plan.jobUid}`);
    if (this.#finished !== undefined) throw new TributaryError("ROUND_CONFLICT", "the job is finished");
    const known = { current: this.#current, next: this.#next, rounds: this.#rounds, isEnded: this.#isWindowEnded };
    const decision = decideOnPlan(plan, known);
    if (decision === PlanDecision.Known) return;
    judgeRounds(plan.convergence, []);
    const current = decision === PlanDecision.Open ? plan : this.#current!;
    const next = decision === PlanDecision.Open ? undefined : plan;
    await this.#windowFiles.save(current, next);
    this.#current = current;
    this.#next = next;
    if (decision === PlanDecision.Open) this.#isWindowEnded = false;
    this.#deps.log.info({ from: plan.from, through: plan.through, attempt: plan.attempt, decision }, "window taken");
    this.#changed();
  }

  /** Ends the job: tells every party, now and later; idempotent. */
  async finishJob(outcome: string): Promise<void> {
    if (this.#finished !== undefined) return;
    await writeFileDurably(this.#finishedPath, outcome);
    this.#finished = outcome;
    this.#isWindowEnded = true;
    this.#run?.give({ kind: "Failed", code: "OPERATION_ABORTED", message: "the job is finished" });
    for (const { seat } of this.#deps.parties.list())
      this.#send(seat.partyId, { case: "finished", value: { outcome } as never });
    this.#changed();
  }

  /** Hands a party's protocol message to the open attempt; one of another attempt is too late and only acknowledged. */
  async receiveMessage(party: number, round: number, attempt: number, message: Uint8Array): Promise<void> {
    const run = this.#runOf(round, attempt);
    if (run === undefined) return;
    const effects = await run.post({ type: "receive", from: party, message });
    const refused = effects.find((effect) => effect.type === "refused");
    if (refused?.refusal.reason === "MessageChanged")
      throw new TributaryError("MESSAGE_CONFLICT", refused.refusal.detail);
  }

  /** A party says that it cannot report in the open attempt. */
  async receiveFailure(party: number, round: number, attempt: number, problem: PartyProblem): Promise<void> {
    this.#deps.log.warn({ party, round, attempt, ...problem }, "party cannot report");
    this.#deps.parties.setProblem(party, problem);
    await this.#runOf(round, attempt)?.dropParty(party);
  }

  /** Runs rounds until the signal aborts; throws what makes going on impossible. */
  async run(signal: AbortSignal): Promise<void> {
    const onAbort = () => this.#changed();
    signal.addEventListener("abort", onAbort, { once: true });
    await this.#restore();
    while (!signal.aborted) {
      if (this.#isWindowEnded) await this.#nextChange();
      else await this.#runRound(signal);
    }
    await this.#run?.close();
    await this.#commit?.abandon();
    this.#output.settle(this.#current?.convergence);
    await this.#output.settled();
  }

  fileOf(sha256: string): string | undefined {
    return this.#deps.models.fileOf(sha256);
  }

  stagingOf(resource: SegmentResource) {
    const run = this.#runOf(resource.round, resource.attempt);
    const sizeBytes = run === undefined ? undefined : expectedSizeBytes(run.state.setup, resource.segment);
    if (run === undefined || sizeBytes === undefined) {
      throw new TributaryError(
        "ROUND_NOT_OPEN",
        `round ${resource.round} attempt ${resource.attempt} waits for no such segment`,
      );
    }
    return { staging: run.staging, sizeBytes };
  }

  segmentStored(resource: SegmentResource, sha256: string, sizeBytes: number): void {
    const { party, segment } = resource;
    const event = {
      type: "stored",
      party,
      segment,
      sha256: new Uint8Array(Buffer.from(sha256, "hex")),
      sizeBytes,
    } as const;
    this.#runOf(resource.round, resource.attempt)
      ?.post(event)
      .catch((error: unknown) => this.#fail(error));
  }

  countBytes(direction: "up" | "down", bytes: number): void {
    this.#bytes[direction] += bytes;
  }

  get #rounds(): number {
    return this.#deps.store.rounds.length;
  }

  get #finishedPath(): string {
    return join(this.#deps.config.directories.data, "finished");
  }

  #runOf(round: number, attempt: number): RoundRun | undefined {
    const setup = this.#run?.state.setup;
    return setup?.round === round && setup.attempt === attempt ? this.#run : undefined;
  }

  async #restore(): Promise<void> {
    const { current, next } = await this.#windowFiles.load();
    this.#current = current;
    this.#next = next;
    this.#finished = (await readFileIfPresent(this.#finishedPath))?.toString("utf8");
    this.#attempt = await this.#attemptFiles.load();
    // Another process, perhaps on a machine with another clock, opened it: what it left of its time is never more than the whole.
    const lastedMs = this.#deps.clock.nowMs() - this.#attempt.startedMs;
    const deadlineMs = Number(current?.deadlineMs ?? 0n);
    this.#expiresMs = this.#deps.clock.monotonicMs() + deadlineMs - Math.min(deadlineMs, Math.max(0, lastedMs));
    const run = await RoundRun.resume(this.#runDeps(this.#attempt));
    if (
      run !== undefined &&
      run.state.setup.round === this.#attempt.round &&
      run.state.setup.attempt === this.#attempt.attempt
    ) {
      this.#run = run;
      if (run.state.setup.round < this.#rounds) await run.post({ type: "committed" });
      else if (run.state.stage === RoundStage.Failed) this.#run = undefined;
    }
    this.#isWindowEnded =
      this.#finished !== undefined || current === undefined || this.#rounds > current.through || this.#verdict().stop;
    if (this.#isWindowEnded && this.#finished === undefined) await this.#enterNextWindow();
  }

  async #runRound(signal: AbortSignal): Promise<void> {
    const plan = this.#current!;
    const resumed = this.#run !== undefined && this.#run.state.setup.round === this.#rounds;
    if (!resumed && !(await this.#selectParties(plan, signal))) return;
    const run = resumed ? this.#run! : await this.#openAttempt(plan);
    this.#output.catchUp(this.#current?.convergence);
    const terms = this.#termsOf(plan);
    this.#terms = terms;
    this.#commit = new RoundCommit(this.#deps, { run, terms, attempt: this.#attempt });
    if (resumed) await run.post({ type: "resume" });
    // Why the attempt before closed empty stays to be seen until the round is committed.
    if (this.#attempt.attempt === 1) this.#setProblem(undefined);
    const outcome = await awaitOutcome(run, { expiresMs: this.#expiresMs, clock: this.#deps.clock, signal });
    if (outcome !== undefined) await this.#conclude(plan, run, outcome, signal);
  }

  async #conclude(plan: WindowPlan, run: RoundRun, outcome: RunOutcome, signal: AbortSignal): Promise<void> {
    const isWhole = outcome.kind === "Summed" && outcome.results.every(({ opened }) => opened !== null);
    if (!isWhole) {
      // Whatever stage ran out of parties, people need to know which workers are missing and why.
      const isShort = outcome.kind === "Summed" || outcome.code === "QUORUM_NOT_REACHED";
      const reason: EngineProblem = isShort
        ? { code: "QUORUM_NOT_REACHED", message: this.#shortfall(run, plan) }
        : outcome;
      return this.#closeEmpty(run, reason, signal);
    }
    const { store, crash, log } = this.#deps;
    await this.#output.settled();
    crash("before-commit");
    const localSteps = plan.evaluateOnly ? 0 : plan.localSteps;
    this.#output.willCommit();
    const line = await this.#commit!.commit({ localSteps, bytes: this.#bytes });
    crash("after-commit");
    log.info(
      { round: line.round, attempt: line.attempt, outcome: line.outcome, reports: line.survivors.length },
      "round committed",
    );
    this.#bytes = { up: 0, down: 0 };
    await run.post({ type: "committed" });
    this.#broadcast(run, { case: "closed", value: { committed: true, reasonCode: "" } as never });
    this.#terms = undefined;
    this.#setProblem(undefined);
    for (const { id } of run.state.setup.roster) if (run.hasReported(id)) this.#deps.parties.setProblem(id, undefined);
    if (store.rounds.length > plan.through || this.#verdict().stop) {
      this.#isWindowEnded = true;
      await this.#enterNextWindow();
    }
    this.#changed();
  }

  async #closeEmpty(run: RoundRun, reason: EngineProblem, signal: AbortSignal): Promise<void> {
    this.#deps.log.warn(
      { round: this.#attempt.round, attempt: this.#attempt.attempt, ...reason },
      "round closed empty",
    );
    await run.close();
    await this.#commit?.abandon();
    this.#broadcast(run, { case: "closed", value: { committed: false, reasonCode: reason.code } as never });
    this.#run = undefined;
    this.#terms = undefined;
    this.#attempt = { ...this.#attempt, failed: this.#attempt.failed + 1 };
    await this.#attemptFiles.save(this.#attempt);
    this.#setProblem(reason);
    if (this.#finished !== undefined || signal.aborted) return;
    const delayMs = backoffMs(this.#attempt.attempt - 1, ATTEMPT_BACKOFF, Math.random());
    await this.#deps.clock.sleep(delayMs, signal).catch(() => {});
  }

  /** The next window, if one waits and fits; a window that convergence made pointless is dropped. */
  async #enterNextWindow(): Promise<void> {
    const next = this.#next;
    if (next === undefined) return;
    const isWanted = next.from === this.#rounds && (next.evaluateOnly || !this.#verdict().stop);
    this.#next = undefined;
    if (isWanted) {
      this.#current = next;
      this.#isWindowEnded = false;
    }
    await this.#windowFiles.save(this.#current!, undefined);
  }

  /** Waits until every seat is taken, or quorum is there and the grace for the others is over. */
  async #selectParties(plan: WindowPlan, signal: AbortSignal): Promise<boolean> {
    const { clock, parties } = this.#deps;
    const graceEndsMs = clock.monotonicMs() + Math.min(SELECTION_GRACE_MS, Number(plan.deadlineMs) / 4);
    while (!signal.aborted && !this.#isWindowEnded && this.#current === plan) {
      const seats = parties.list();
      const connected = seats.filter(({ isConnected }) => isConnected).length;
      if (connected === seats.length) return true;
      const graceMs = graceEndsMs - clock.monotonicMs();
      if (connected >= plan.quorum && graceMs <= 0) return true;
      if (connected < plan.quorum) {
        const message = `${connected} of ${seats.length} workers have joined, quorum is ${plan.quorum}`;
        this.#setProblem(
          this.#problem?.code === "QUORUM_NOT_REACHED" || !this.#problem
            ? { code: "QUORUM_NOT_REACHED", message }
            : this.#problem,
        );
      }
      await this.#nextChange(connected >= plan.quorum ? graceMs : undefined);
    }
    return false;
  }

  async #openAttempt(plan: WindowPlan): Promise<RoundRun> {
    const { clock, config } = this.#deps;
    const isRetry = this.#attempt.round === this.#rounds && this.#attempt.attempt > 0;
    const attempt = isRetry ? this.#attempt.attempt + 1 : 1;
    await this.#run?.close();
    await rm(this.#attemptFiles.runDirectory, { recursive: true, force: true });
    const members = this.#deps.parties.list().filter(({ isConnected, holder }) => isConnected && holder !== undefined);
    const parties = Object.fromEntries(
      members.map(({ seat }) => [seat.partyId, { participant: seat.participant.name, workerIndex: seat.workerIndex }]),
    );
    const { failed } = this.#attempt;
    this.#attempt = { round: this.#rounds, attempt, startedMs: clock.nowMs(), failed, parties };
    this.#expiresMs = clock.monotonicMs() + Number(plan.deadlineMs);
    await this.#attemptFiles.save(this.#attempt);
    this.#terms = this.#termsOf(
      plan,
      members.map((member) => member.holder!),
    );
    this.#deps.log.info(
      { round: this.#attempt.round, attempt, parties: members.length, job: config.job.name },
      "round opened",
    );
    const { setup, plan: roundPlan } = this.#terms;
    const run = await RoundRun.open(this.#runDeps(this.#attempt), setup, roundPlan);
    this.#run = run;
    for (const { seat } of members) this.#sayOpened(seat.partyId, run);
    this.#changed();
    return run;
  }

  #termsOf(plan: WindowPlan, holders: Parameters<typeof roundTerms>[1]["holders"] = []): RoundTerms {
    const { config, identity, models, pinned } = this.#deps;
    return roundTerms(
      { config, aggregatorKey: identity.publicKey, models, pinned },
      {
        round: this.#rounds,
        attempt: this.#attempt.attempt,
        quorum: plan.quorum,
        evaluateOnly: plan.evaluateOnly,
        holders,
      },
    );
  }

  #runDeps({ round, attempt }: AttemptRecord): RunDeps {
    const { crypto, identity, log, crash, parties } = this.#deps;
    return {
      context: { crypto, signingSecret: identity.secretKey },
      log: log.child({ round, attempt }),
      crash,
      directory: this.#attemptFiles.runDirectory,
      send: (to, message) => {
        // Setup and plan travel in RoundOpened, before everything else of the round.
        if (message[1] === MessageType.Setup || message[1] === MessageType.Plan) return;
        const receivers = to === "all" ? parties.list().map(({ seat }) => seat.partyId) : [to];
        const value: PartyMessage = { case: "secagg", value: message };
        for (const party of receivers) parties.send(party, { round, attempt, message: value } as AddressedMessage);
      },
      refused: (party, reason, detail) => {
        if (reason === "PayloadMismatch" || reason === "SignatureInvalid" || reason === "MessageChanged") {
          parties.setProblem(party, { code: "PROTOCOL_REFUSED", message: detail });
        }
      },
      opened: (segment) => this.#commit?.segmentOpened(segment),
      changed: () => this.#changed(),
    };
  }

  /** Says to a party that comes (back) what it may have missed. */
  #welcome(party: number): void {
    if (this.#finished !== undefined) {
      this.#send(party, { case: "finished", value: { outcome: this.#finished } as never });
      return;
    }
    const run = this.#run;
    const entry = run?.state.setup.roster.find(({ id }) => id === party);
    if (run === undefined || entry === undefined) return;
    const holder = this.#deps.parties.holderOf(party);
    // A worker that took the seat while this process was down knows nothing of the attempt.
    if (holder !== undefined && !equalBytes(holder.publicKey, entry.publicKey)) {
      run.dropParty(party).catch((error: unknown) => this.#fail(error));
      return;
    }
    this.#sayOpened(party, run);
    run.post({ type: "reconnected", party }).catch((error: unknown) => this.#fail(error));
  }

  #sayOpened(party: number, run: RoundRun): void {
    if (run.state.stage === RoundStage.Committed) return;
    const plan = this.#current!;
    const opened = this.#deps.models.roundOpened(run.state, this.#deps, {
      localSteps: plan.evaluateOnly ? 0 : plan.localSteps,
      remainingMs: Math.max(0, this.#expiresMs - this.#deps.clock.monotonicMs()),
    });
    if (opened !== undefined) this.#send(party, { case: "opened", value: opened });
  }

  #broadcast(run: RoundRun, message: PartyMessage): void {
    for (const { id } of run.state.setup.roster) this.#send(id, message);
  }

  #send(party: number, message: PartyMessage): void {
    const { round, attempt } = this.#attempt;
    this.#deps.parties.send(party, { round, attempt, message });
  }

  #verdict(): RoundsVerdict {
    return judgeRounds(
      this.#current?.convergence,
      this.#deps.store.rounds.map(({ line }) => line),
    );
  }

  #stage(): controlV1.Stage {
    if (this.#isWindowEnded) return controlV1.Stage.IDLE;
    const state = this.#run?.state;
    return stageOf(state !== undefined && state.setup.round >= this.#rounds ? state : undefined);
  }

  #shortfall(run: RoundRun, { quorum }: WindowPlan): string {
    const { roster } = run.state.setup;
    const reported = roster.filter(({ id }) => run.hasReported(id)).length;
    return describeShortfall({ reported, workers: roster.length, quorum, seats: this.#deps.parties.list() });
  }

  #setProblem(problem: EngineProblem | undefined): void {
    if (this.#problem?.code === problem?.code && this.#problem?.message === problem?.message) return;
    this.#problem = problem;
    this.#changed();
  }

  /** A failure outside the loop is the loop's: it ends the attempt, and what cannot be written ends the program. */
  #fail(error: unknown): void {
    this.#deps.log.error({ err: error }, asTributaryError(error).message);
  }

  #changed(): void {
    this.feed.changed();
  }

  async #nextChange(timeoutMs?: number): Promise<void> {
    this.#output.settle(this.#current?.convergence);
    await this.feed.waitBeyond(this.feed.revision, timeoutMs ?? 60_000, new AbortController().signal);
  }
}
