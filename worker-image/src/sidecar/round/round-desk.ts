import type { partyV1 } from "@tributary/contracts";
import { equalBytes, type MaskKey, SegmentOutcome } from "@tributary/federated";
import {
  asTributaryError,
  catalogue,
  Disposition,
  isStorageError,
  isTributaryError,
  type TributaryError,
} from "@tributary/kit";
import { type PartyFailureCode, partyFailureCode } from "../../shared/failure-codes.ts";
import { tensorPath } from "../../shared/tensor-wire/resources.ts";
import type { MemberVoice } from "../gate/member-voice.ts";
import type { Agreements } from "./agreements.ts";
import { attemptEnded, isAttemptEnded, isSameAttempt } from "./attempts.ts";
import type { Trust } from "./check-opened.ts";
import { clearVolume } from "./clear-volume.ts";
import { OpenedRounds } from "./opened-rounds.ts";
import type { AttemptId, PartyMachine, WorkEffect } from "./party-machine.ts";
import type { ReportedSegment } from "./report-builder.ts";
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

type PlanAccepted = Extract<WorkEffect, { type: "planAccepted" }>;
type Upload = Extract<WorkEffect, { type: "upload" }>;
type Closed = Extract<WorkEffect, { type: "closed" }>;

/** The work of the open attempt: starts, feeds, ends it as the protocol's machine says. One attempt at a time. */
export class RoundDesk {
  readonly #deps: DeskDeps;
  #work: OpenWork | undefined;
  #last: Promise<unknown> = Promise.resolve();
  /** End of the queue of results to settle, and how many are in it: their files lie among those that are removed between rounds. */
  #settled: Promise<void> = Promise.resolve();
  #unsettled = 0;
  readonly #rounds: OpenedRounds;

  constructor(deps: DeskDeps) {
    this.#deps = deps;
    this.#rounds = new OpenedRounds({
      ...deps,
      orRefuse: (attempt, work) => this.#orRefuse(attempt, work),
      onFault: (cause) => this.#background(Promise.reject(cause)),
      sentBytes: (planDigest) => this.#workOf(planDigest)?.sentBytes ?? 0,
    });
  }

  /** The aggregator opened an attempt, perhaps beside one that is in work. */
  open(attempt: AttemptId, opened: partyV1.RoundOpened): Promise<void> {
    return this.#rounds.open(attempt, opened);
  }

  /** The opened attempt starts. */
  start(attempt: AttemptId, started: partyV1.RoundStarted): Promise<void> {
    return this.#rounds.start(attempt, started);
  }

  /** Hands a message of the aggregator's to the machine. */
  receive(attempt: AttemptId, message: Uint8Array): Promise<void> {
    return this.#rounds.receive(attempt, message);
  }

  /** The attempt ended; a committed one has been settled by its result before. */
  close(attempt: AttemptId, isCommitted: boolean): void {
    if (this.#work !== undefined && isSameAttempt(this.#work.attempt, attempt)) this.#endWork();
    this.#background(this.#rounds.close(attempt, isCommitted));
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
    this.#background(this.#rounds.stop());
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

  #start({ planDigest, setup }: PlanAccepted): void {
    if (this.#work !== undefined && equalBytes(this.#work.planDigest, planDigest)) return;
    this.#endWork();
    const attempt = { round: setup.round, attempt: setup.attempt };
    const known = this.#rounds.toWork(planDigest);
    const seed = this.#deps.machine().seedOf(planDigest);
    if (known === undefined || seed === undefined) return;
    const abort = new AbortController();
    const before = this.#last;
    const request = { ...known, planDigest, seed, signal: abort.signal };
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
      if (!isAttemptEnded(cause)) {
        this.#deps.log.warn({ code: error.code, err: error }, error.message);
      }
    });
  }
}
