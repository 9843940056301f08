import type { partyV1 } from "@tributary/contracts";
import {
  equalBytes,
  type MaskKey,
  MessageType,
  type PartyEvent,
  planDigest,
  SegmentOutcome,
} from "@tributary/federated";
import {
  asTributaryError,
  catalogue,
  Disposition,
  isStorageError,
  isTributaryError,
  systemClock,
  TributaryError,
} from "@tributary/kit";
import { type PartyFailureCode, partyFailureCode } from "../../shared/failure-codes.ts";
import { tensorPath } from "../../shared/tensor-wire/resources.ts";
import { patienceOf } from "../gate/ask-patiently.ts";
import type { MemberVoice, RoundParties } from "../gate/member-voice.ts";
import type { Agreements } from "./agreements.ts";
import { type CheckedTerms, checkOpened, type Trust } from "./check-opened.ts";
import { checkStarted } from "./check-started.ts";
import { clearVolume } from "./clear-volume.ts";
import { Inbox, type Wait } from "./inbox.ts";
import { mayBeSigned, type StartedRound, type SurvivorBitmaps } from "./may-be-signed.ts";
import type { AttemptId, PartyMachine, WorkEffect } from "./party-machine.ts";
import type { ReportedSegment } from "./report-builder.ts";
import { readMessage, requireMessage } from "./round-messages.ts";
import { makeReport, maskSegment, rebuildSegment, segmentPath, type WorkDeps, type WorkRequest } from "./round-work.ts";
import type { Digested } from "./segment-sink.ts";
import { endsReport, sendSegment } from "./send-segment.ts";
import { forgetLeftOver, keepLeftOver } from "./settle-residuals.ts";

/** What a round desk needs besides the work's own needs. */
export interface DeskDeps extends WorkDeps {
  readonly jobUid: string;
  readonly partyId: number;
  readonly trust: Trust;
  readonly agreements: Agreements;
  /** What the worker's member says of rounds. */
  readonly member: MemberVoice;
  /** Told of bytes of reports that left the pod. */
  readonly onSent?: (bytes: number) => void;
  readonly machine: () => PartyMachine;
  /** Tells the aggregator, hence the hub, why this worker cannot report in an attempt. */
  readonly fail: (
    attempt: AttemptId,
    why: { readonly code: PartyFailureCode; readonly message: string },
  ) => Promise<void>;
}

/**
 * Segments that are sent at once, each over a connection of its own: enough for a path of long delay, and so few that segments arrive
 * in order and the aggregator sums the first while the last are under way.
 */
const UPLOAD_LANES = 4;

/** Messages that the desk reads before the machine does: all others are the machine's alone. */
const CHECKED: ReadonlySet<number> = new Set([MessageType.Setup, MessageType.Plan, MessageType.SurvivorBitmaps]);

/** What is told to the aggregator, and costs no link. */
const REFUSALS = [
  "PROTOCOL_REFUSED",
  "TERMS_REFUSED",
  "ENROLMENT_REFUSED",
  "GATE_UNREACHABLE",
  "PEERS_INVALID",
  "DIFFERENCE_OF_JOBS",
  "GATE_MEMORY_FULL",
] as const;

const NEVER = new AbortController().signal;

/** What work ends with that nobody waits for any more. */
const ATTEMPT_ENDED = "the attempt ended";

interface OpenWork {
  readonly planDigest: Uint8Array;
  readonly attempt: AttemptId;
  readonly abort: AbortController;
  readonly request: WorkRequest;
  readonly report: Promise<readonly ReportedSegment[]>;
  /** End of the queue of each lane. */
  readonly lanes: Map<number, Promise<void>>;
  /** Bytes of the report that left the pod, as far as this process has sent them. */
  sentBytes: number;
}

/** The attempt that the aggregator opened last, as far as its terms, and then its start, hold. */
interface OpenedRound {
  readonly attempt: AttemptId;
  readonly terms: CheckedTerms;
  readonly expiresMs: number;
  /** Setup and terms as they came. */
  readonly bytes: Pick<partyV1.RoundOpened, "setup" | "terms">;
  /** Its start, once the machine has accepted the plan. */
  readonly started?: StartedRound;
}

type PlanAccepted = Extract<WorkEffect, { type: "planAccepted" }>;
type Upload = Extract<WorkEffect, { type: "upload" }>;
type Closed = Extract<WorkEffect, { type: "closed" }>;

/** The work of the open attempt: starts, feeds, ends it as the protocol's machine says. One attempt at a time. */
export class RoundDesk {
  readonly #deps: DeskDeps;
  #opened: OpenedRound | undefined;
  /** The start whose plan the machine is given now. */
  #starting: StartedRound | undefined;
  #work: OpenWork | undefined;
  #last: Promise<unknown> = Promise.resolve();
  /** End of the queue of results to settle, and how many are in it: their files lie among those that are removed between rounds. */
  #settled: Promise<void> = Promise.resolve();
  #unsettled = 0;
  readonly #inbox = new Inbox((cause) => this.#background(Promise.reject(cause)));

  constructor(deps: DeskDeps) {
    this.#deps = deps;
  }

  /** The aggregator opened an attempt: checks its terms and hands the setup to the machine, which decides whether to take part. */
  async open(attempt: AttemptId, opened: partyV1.RoundOpened): Promise<void> {
    this.#opened = undefined;
    // The aggregator says how long is left: its clock and this one are never compared.
    const expiresMs = systemClock.monotonicMs() + Number(opened.remainingMs);
    // A party is in one round at a time: what still waits to be signed is of none that is open.
    await this.#inbox.endWait(attemptEnded());
    await this.#orRefuse(attempt, async () => {
      const { setup } = requireMessage(opened.setup, MessageType.Setup, attempt);
      const terms = checkOpened(this.#deps.trust, setup, opened);
      const parties = await this.#partiesOf(terms, expiresMs);
      await this.#step(attempt, { type: "open", message: opened.setup, ...parties });
      this.#opened = { attempt, terms, expiresMs, bytes: { setup: opened.setup, terms: opened.terms } };
    });
  }

  /** The opened attempt starts: checks what it starts from and hands the plan to the machine. */
  async start(attempt: AttemptId, { plan: message, start, signature }: partyV1.RoundStarted): Promise<void> {
    const opened = this.#opened;
    // What was refused when it was opened has been said, and is not started.
    if (opened === undefined || !isSame(opened.attempt, attempt)) return;
    await this.#orRefuse(attempt, async () => {
      const { plan } = requireMessage(message, MessageType.Plan, attempt);
      const round = checkStarted(this.#deps.trust, opened.terms, plan, { start, signature });
      this.#deps.agreements.require(round);
      await this.#askGate(opened, { start, signature });
      // While the gate was asked another attempt may have been opened, or this one closed.
      if (this.#opened !== opened) return;
      const digest = planDigest(this.#deps.crypto, opened.terms.signed.setupDigest, plan);
      const starting = { planDigest: digest, round };
      this.#starting = starting;
      await this.#step(attempt, { type: "receive", message }).finally(() => (this.#starting = undefined));
      this.#opened = { ...opened, started: starting };
    });
  }

  /** Hands a message of the aggregator's to the machine. */
  async receive(attempt: AttemptId, message: Uint8Array): Promise<void> {
    const read = CHECKED.has(message[1]!) ? readMessage(message) : undefined;
    // They come with terms and start alone, which they are checked against.
    if (read?.type === MessageType.Setup || read?.type === MessageType.Plan) return;
    await this.#inbox.take((wait) =>
      this.#orRefuse(attempt, async () => {
        if (read?.type === MessageType.SurvivorBitmaps && !(await this.#mayBeSigned(read, message, wait))) return;
        await this.#deps.machine().post({ type: "receive", message });
      }),
    );
  }

  /** The attempt ended; a committed one has been settled by its result before. */
  close({ round, attempt }: AttemptId): void {
    const ended = { round, attempt };
    if (this.#opened !== undefined && isSame(this.#opened.attempt, ended)) void this.#inbox.endWait(attemptEnded());
    if (this.#work !== undefined && isSame(this.#work.attempt, ended)) this.#endWork();
  }

  /** Does what the machine leaves to its caller. */
  take(effect: WorkEffect): void {
    switch (effect.type) {
      case "planAccepted":
        this.#start(effect);
        break;
      case "maskingReady":
        this.#background(this.#offerSegments(effect.planDigest), effect.planDigest);
        break;
      case "upload":
        this.#background(this.#upload(effect), effect.planDigest);
        break;
      case "closed":
        this.#queueToSettle(effect);
        break;
      case "refused":
        // Whoever gave the machine the event is told.
        break;
    }
  }

  /** Gives up whatever is open. */
  stop(): void {
    void this.#inbox.endWait(attemptEnded());
    this.#endWork();
  }

  /** Whoever refuses says so, and so does one whose machine cannot write its state, which has not moved: the round need not wait for it. */
  async #orRefuse(attempt: AttemptId, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const isRefusal = REFUSALS.some((code) => isTributaryError(error, code));
      if (!isRefusal && !isStorageError(error)) throw error;
      this.#report(attempt, NEVER, error);
    }
  }

  async #askGate(
    { terms, expiresMs, bytes }: OpenedRound,
    { start, signature }: Pick<partyV1.RoundStarted, "start" | "signature">,
  ): Promise<void> {
    const { line, attempt } = terms.signed;
    await this.#deps.member.admit({ ...bytes, start, signature, line, attempt }, patienceUntil(expiresMs), NEVER);
  }

  /** Who is in the round, as members vouch for it. What the machine has taken before was verified then: certificates live some minutes, rounds may take hours. */
  async #partiesOf(terms: CheckedTerms, expiresMs: number): Promise<RoundParties> {
    if (this.#deps.machine().isOpen(terms.signed.setupDigest)) return { enrolled: [] };
    return this.#deps.member.partiesOf(terms, patienceUntil(expiresMs), NEVER);
  }

  /** A step that the round cannot go on without: a refusal of the machine's is the worker's. */
  async #step(attempt: AttemptId, event: PartyEvent): Promise<void> {
    const refusal = await this.#deps.machine().post(event);
    if (refusal !== undefined) throw new TributaryError("PROTOCOL_REFUSED", refusal, { details: { ...attempt } });
  }

  #mayBeSigned(read: SurvivorBitmaps, message: Uint8Array, wait: Wait): Promise<boolean> {
    const { crypto, partyId, agreements, member, machine } = this.#deps;
    const started = this.#opened?.started;
    const guard = { crypto, partyId, agreements, record: member.record, machine: machine(), started };
    const sentBytes = () => this.#workOf(read.planDigest)?.sentBytes ?? 0;
    return mayBeSigned(guard, { read, message, sentBytes }, wait);
  }

  #start({ planDigest, setup }: PlanAccepted): void {
    if (this.#work !== undefined && equalBytes(this.#work.planDigest, planDigest)) return;
    this.#endWork();
    const attempt = { round: setup.round, attempt: setup.attempt };
    const started = this.#starting ?? this.#opened?.started;
    const expiresMs = this.#opened?.expiresMs;
    const seed = this.#deps.machine().seedOf(planDigest);
    if (started === undefined || expiresMs === undefined || seed === undefined) return;
    if (!equalBytes(started.planDigest, planDigest)) return;
    const abort = new AbortController();
    const before = this.#last;
    const request = { round: started.round, planDigest, seed, expiresMs, signal: abort.signal };
    const report = before.then(() => makeReport(this.#deps, request));
    this.#last = report.catch(() => {});
    this.#work = { planDigest, attempt, abort, request, report, lanes: new Map(), sentBytes: 0 };
    report.catch((error: unknown) => this.#report(attempt, abort.signal, error));
  }

  #endWork(): void {
    this.#work?.abort.abort(attemptEnded());
    this.#work = undefined;
  }

  async #offerSegments(planDigest: Uint8Array): Promise<void> {
    const work = this.#workOf(planDigest);
    if (work === undefined) return;
    const segments = await work.report.catch(() => []);
    const machine = this.#deps.machine();
    await Promise.all(
      segments.map(({ segment, sha256 }) =>
        machine.post({ type: "inputReady", planDigest, segment, plainSha256: sha256 }),
      ),
    );
  }

  async #upload({ planDigest, segment, keys }: Upload): Promise<void> {
    const work = this.#workOf(planDigest);
    if (work === undefined) return;
    // A segment keeps to its lane: asked for again, it waits for its first upload and finds out what the aggregator still has.
    const lane = segment % UPLOAD_LANES;
    const before = work.lanes.get(lane) ?? Promise.resolve();
    const upload = before.then(() => this.#send(work, segment, keys));
    work.lanes.set(
      lane,
      upload.catch(() => {}),
    );
    await upload;
  }

  async #send(work: OpenWork, segment: number, keys: readonly MaskKey[]): Promise<void> {
    const { jobUid, partyId: party, crash, log } = this.#deps;
    const { signal } = work.abort;
    // Why there is no report has been told where it was made.
    const segments = await work.report.catch(() => []);
    const reported = segments.find((entry) => entry.segment === segment);
    if (reported === undefined || signal.aborted) return;
    const { sha256, sizeBytes } = keys.length > 0 ? await this.#mask(work, reported, keys) : reported;
    const resource = tensorPath({ kind: "segment", jobUid, ...work.attempt, segment, party });
    const to = { path: resource, sha256: Buffer.from(sha256).toString("hex"), sizeBytes };
    const { tensors } = this.#deps;
    const rebuild = async () => void (await this.#make(work, reported, keys));
    const onSent = (bytes: number) => {
      crash("during-upload");
      work.sentBytes += bytes;
      this.#deps.onSent?.(bytes);
    };
    const path = segmentPath(this.#deps, work.request, segment);
    await sendSegment({ segment, path, to, tensors, rebuild, onSent, signal, log });
    crash("after-upload");
    await this.#deps.machine().post({ type: "inputStored", planDigest: work.planDigest, segment, sha256, sizeBytes });
  }

  /** In its turn among reports: both ask the trainer for what is not there any more. */
  #make(work: OpenWork, reported: ReportedSegment, keys: readonly MaskKey[]): Promise<unknown> {
    return keys.length > 0
      ? this.#mask(work, reported, keys)
      : this.#inTurn(() => rebuildSegment(this.#deps, work.request, reported));
  }

  #mask({ request }: OpenWork, reported: ReportedSegment, keys: readonly MaskKey[]): Promise<Digested> {
    return this.#inTurn(() => maskSegment(this.#deps, request, reported, keys));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  /** One result after the other: of two that settle the same files at once, one would remove what the other has just kept. */
  #queueToSettle(effect: Closed): void {
    this.#unsettled += 1;
    const settled = this.#settled.then(() => this.#settle(effect)).finally(() => (this.#unsettled -= 1));
    this.#settled = settled.catch(() => {});
    const cleaned = settled.then(() => clearVolume(this.#deps, () => this.#work !== undefined || this.#unsettled > 0));
    // The next round's work reads what this one settles.
    this.#last = Promise.allSettled([this.#last, cleaned]);
    this.#background(cleaned);
  }

  /** Error feedback, a segment at a time: keeps what this round left over when its input is in the sum, what was before otherwise. */
  async #settle({ planDigest, segments }: Closed): Promise<void> {
    const { volumeDirectory } = this.#deps;
    for (const { segment, outcome } of segments) {
      const settle = outcome === SegmentOutcome.Included ? keepLeftOver : forgetLeftOver;
      await settle({ volumeDirectory, planDigest, segment });
    }
    if (this.#workOf(planDigest) !== undefined) this.#endWork();
  }

  #workOf(planDigest: Uint8Array): OpenWork | undefined {
    return this.#work !== undefined && equalBytes(this.#work.planDigest, planDigest) ? this.#work : undefined;
  }

  /** Whoever cannot report whole is out of the attempt: the others need not wait for it, and the rest of its report is not sent. */
  #giveUp({ attempt, abort }: OpenWork, error: TributaryError): void {
    this.#report(attempt, abort.signal, error);
    this.#endWork();
  }

  #report(attempt: AttemptId, signal: AbortSignal, cause: unknown): void {
    if (signal.aborted) return;
    const error = asTributaryError(cause);
    this.#deps.log.error({ ...attempt, code: error.code, err: error }, error.message);
    // The text of a defect is whatever some library said: it stays in the member's log.
    const { publicMessage } = catalogue[error.code];
    const message = error.disposition === Disposition.Defect ? publicMessage : error.message;
    this.#background(this.#deps.fail(attempt, { code: partyFailureCode(error.code), message }));
  }

  #background(work: Promise<void>, planDigest?: Uint8Array): void {
    work.catch((cause: unknown) => {
      const error = asTributaryError(cause);
      const open = planDigest === undefined ? undefined : this.#workOf(planDigest);
      // A full or broken volume keeps this worker from reporting as well.
      if (open !== undefined && (isStorageError(error) || endsReport(error))) return this.#giveUp(open, error);
      if (!(cause instanceof Error && cause.message === ATTEMPT_ENDED)) {
        this.#deps.log.warn({ code: error.code, err: error }, error.message);
      }
    });
  }
}

function attemptEnded(): Error {
  return new Error(ATTEMPT_ENDED);
}

function patienceUntil(expiresMs: number): number {
  return patienceOf(expiresMs - systemClock.monotonicMs());
}

function isSame(a: AttemptId, b: AttemptId): boolean {
  return a.round === b.round && a.attempt === b.attempt;
}
