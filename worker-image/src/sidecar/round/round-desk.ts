import { join } from "node:path";
import type { partyV1 } from "@tributary/contracts";
import {
  decodeMessage,
  equalBytes,
  isArgumentError,
  MessageType,
  type PartyEvent,
  SegmentOutcome,
} from "@tributary/federated";
import {
  asTributaryError,
  catalogue,
  Disposition,
  type ErrorCode,
  isStorageError,
  isTributaryError,
  realDisk,
  systemClock,
  TributaryError,
} from "@tributary/kit";
import { tensorPath } from "../../shared/tensor-wire/resources.ts";
import type { AttemptId, PartyMachine, WorkEffect } from "./party-machine.ts";
import type { ReportedSegment } from "./report-builder.ts";
import { makeReport, rebuildSegment, type WorkDeps, type WorkRequest } from "./round-work.ts";
import { endsReport, sendSegment } from "./send-segment.ts";
import { forgetLeftOver, keepLeftOver } from "./settle-residuals.ts";

/** What a round desk needs besides the work's own needs. */
export interface DeskDeps extends WorkDeps {
  readonly jobUid: string;
  readonly partyId: number;
  readonly machine: () => PartyMachine;
  /** Tells the aggregator, hence the hub, why this worker cannot report in an attempt. */
  readonly fail: (attempt: AttemptId, why: { readonly code: ErrorCode; readonly message: string }) => Promise<void>;
}

/**
 * Segments that are sent at once, each over a connection of its own: enough for a path of long delay, and so few that segments arrive
 * in order and the aggregator sums the first while the last are under way.
 */
const UPLOAD_LANES = 4;

const NEVER = new AbortController().signal;

interface OpenWork {
  readonly planDigest: Uint8Array;
  readonly attempt: AttemptId;
  readonly abort: AbortController;
  readonly request: WorkRequest;
  readonly report: Promise<readonly ReportedSegment[]>;
  /** End of the queue of each lane. */
  readonly lanes: Map<number, Promise<void>>;
}

type PlanAccepted = Extract<WorkEffect, { type: "planAccepted" }>;
type Upload = Extract<WorkEffect, { type: "upload" }>;
type Closed = Extract<WorkEffect, { type: "closed" }>;

/** The work of the open attempt: starts, feeds, ends it as the protocol's machine says. One attempt at a time. */
export class RoundDesk {
  readonly #deps: DeskDeps;
  readonly #opened = new Map<string, { readonly opened: partyV1.RoundOpened; readonly expiresMs: number }>();
  #work: OpenWork | undefined;
  /** Why the machine refused the last message. */
  #refusal: string | undefined;
  #last: Promise<unknown> = Promise.resolve();
  /** End of the queue of results to settle, and how many are in it: their files lie among those that are removed between rounds. */
  #settled: Promise<void> = Promise.resolve();
  #unsettled = 0;

  constructor(deps: DeskDeps) {
    this.#deps = deps;
  }

  /** The aggregator opened an attempt: hands setup and plan to the machine, which decides whether to take part. */
  async open({ round, attempt }: AttemptId, opened: partyV1.RoundOpened): Promise<void> {
    this.#opened.clear();
    // The aggregator says how long is left: its clock and this one are never compared.
    const expiresMs = systemClock.monotonicMs() + Number(opened.remainingMs);
    this.#opened.set(`${round}/${attempt}`, { opened, expiresMs });
    try {
      const enrolled = rosterOf(opened.setup, { round, attempt });
      this.#refusal = undefined;
      // A machine that could not write the setup has said why, and would refuse the plan for another reason.
      if (!(await this.#post({ round, attempt }, { type: "open", message: opened.setup, enrolled }))) return;
      await this.#post({ round, attempt }, { type: "receive", message: opened.plan });
      if (this.#refusal !== undefined) throw new TributaryError("PROTOCOL_REFUSED", this.#refusal);
    } catch (error) {
      // Whoever refuses says so: the round need not wait for it.
      if (!isTributaryError(error, "PROTOCOL_REFUSED")) throw error;
      this.#report({ round, attempt }, NEVER, error);
    }
  }

  /** Hands a message of the aggregator's to the machine. */
  async receive(attempt: AttemptId, message: Uint8Array): Promise<void> {
    await this.#post(attempt, { type: "receive", message });
  }

  /** The attempt ended; a committed one has been settled by its result before. */
  close({ round, attempt }: AttemptId): void {
    const work = this.#work;
    if (work?.attempt.round === round && work.attempt.attempt === attempt) this.#endWork();
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
        this.#refusal = effect.refusal.detail;
        break;
    }
  }

  /** Gives up whatever is open. */
  stop(): void {
    this.#endWork();
  }

  /**
   * Hands an event to the machine. One that cannot write its state has not moved: this worker is out of the attempt, says why, and
   * listens on.
   *
   * @returns whether the machine took it.
   */
  async #post(attempt: AttemptId, event: PartyEvent): Promise<boolean> {
    try {
      await this.#deps.machine().post(event);
      return true;
    } catch (error) {
      if (!isStorageError(error)) throw error;
      this.#report(attempt, NEVER, error);
      return false;
    }
  }

  #start({ planDigest, setup, plan }: PlanAccepted): void {
    if (this.#work !== undefined && equalBytes(this.#work.planDigest, planDigest)) return;
    this.#endWork();
    const attempt = { round: setup.round, attempt: setup.attempt };
    const found = this.#opened.get(`${attempt.round}/${attempt.attempt}`);
    const seed = this.#deps.machine().seedOf(planDigest);
    if (found === undefined || seed === undefined) return;
    const abort = new AbortController();
    const before = this.#last;
    const request = { setup, plan, planDigest, seed, ...found, signal: abort.signal };
    const report = before.then(() => makeReport(this.#deps, request));
    this.#last = report.catch(() => {});
    this.#work = { planDigest, attempt, abort, request, report, lanes: new Map() };
    report.catch((error: unknown) => this.#report(attempt, abort.signal, error));
  }

  #endWork(): void {
    this.#work?.abort.abort(new Error("the attempt ended"));
    this.#work = undefined;
  }

  async #offerSegments(planDigest: Uint8Array): Promise<void> {
    const work = this.#workOf(planDigest);
    if (work === undefined) return;
    const segments = await work.report.catch(() => []);
    for (const { segment, sha256 } of segments) {
      await this.#deps.machine().post({ type: "inputReady", planDigest, segment, plainSha256: sha256 });
    }
  }

  async #upload({ planDigest, segment }: Upload): Promise<void> {
    const work = this.#workOf(planDigest);
    if (work === undefined) return;
    // A segment keeps to its lane: asked for again, it waits for its first upload and finds out what the aggregator still has.
    const lane = segment % UPLOAD_LANES;
    const before = work.lanes.get(lane) ?? Promise.resolve();
    const upload = before.then(() => this.#send(work, segment));
    work.lanes.set(
      lane,
      upload.catch(() => {}),
    );
    await upload;
  }

  async #send(work: OpenWork, segment: number): Promise<void> {
    const { jobUid, partyId: party, crash, log } = this.#deps;
    const { signal } = work.abort;
    // Why there is no report has been told where it was made.
    const segments = await work.report.catch(() => []);
    const reported = segments.find((entry) => entry.segment === segment);
    if (reported === undefined || signal.aborted) return;
    const path = tensorPath({ kind: "segment", jobUid, ...work.attempt, segment, party });
    const to = { path, sha256: Buffer.from(reported.sha256).toString("hex"), sizeBytes: reported.sizeBytes };
    const { tensors } = this.#deps;
    const rebuild = () => this.#rebuild(work, reported);
    const onSent = () => crash("during-upload");
    await sendSegment({ segment, path: reported.path, to, tensors, rebuild, onSent, signal, log });
    crash("after-upload");
    const { sha256, sizeBytes } = reported;
    await this.#deps.machine().post({ type: "inputStored", planDigest: work.planDigest, segment, sha256, sizeBytes });
  }

  /** In its turn among reports: both ask the trainer for what is not there any more. */
  #rebuild({ request }: OpenWork, damaged: ReportedSegment): Promise<void> {
    const rebuilt = this.#last.then(() => rebuildSegment(this.#deps, request, damaged));
    this.#last = rebuilt.catch(() => {});
    return rebuilt;
  }

  /** One result after the other: of two that settle the same files at once, one would remove what the other has just kept. */
  #queueToSettle(effect: Closed): void {
    this.#unsettled += 1;
    const settled = this.#settled.then(() => this.#settle(effect)).finally(() => (this.#unsettled -= 1));
    this.#settled = settled.catch(() => {});
    const cleaned = settled.then(() => this.#removeOldFiles());
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

  async #removeOldFiles(): Promise<void> {
    const { volumeDirectory, log } = this.#deps;
    for (const directory of ["tasks", "reports", "models"]) {
      const names = await realDisk.readdir(join(volumeDirectory, directory)).catch(() => []);
      for (const name of names) {
        if (this.#work !== undefined || this.#unsettled > 0) return;
        await realDisk
          .remove(join(volumeDirectory, directory, name))
          .catch((err: unknown) => log.warn({ err }, "file stays"));
      }
    }
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
    this.#background(this.#deps.fail(attempt, { code: error.code, message }));
  }

  #background(work: Promise<void>, planDigest?: Uint8Array): void {
    work.catch((cause: unknown) => {
      const error = asTributaryError(cause);
      const open = planDigest === undefined ? undefined : this.#workOf(planDigest);
      // A full or broken volume keeps this worker from reporting as well.
      if (open !== undefined && (isStorageError(error) || endsReport(error))) return this.#giveUp(open, error);
      if (!(cause instanceof Error && cause.message === "the attempt ended")) {
        this.#deps.log.warn({ code: error.code, err: error }, error.message);
      }
    });
  }
}

/**
 * The roster of a setup, which must be of the attempt that its envelope names. Without masks the aggregator's roster is taken as it is; a
 * member's own peer list comes with masking.
 */
function rosterOf(message: Uint8Array, { round, attempt }: AttemptId) {
  const decoded = readMessage(message);
  if (decoded?.type !== MessageType.Setup)
    throw new TributaryError("PROTOCOL_REFUSED", "the round was opened without a setup");
  const { setup } = decoded;
  if (setup.round === round && setup.attempt === attempt) return setup.roster;
  throw new TributaryError(
    "PROTOCOL_REFUSED",
    `round ${round} attempt ${attempt} was opened with the setup of round ${setup.round} attempt ${setup.attempt}`,
  );
}

function readMessage(message: Uint8Array) {
  try {
    return decodeMessage(message);
  } catch (error) {
    if (!isArgumentError(error)) throw error;
    return undefined;
  }
}
