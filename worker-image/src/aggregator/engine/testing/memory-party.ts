import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import {
  type CryptoSuite,
  decodeMessage,
  emptyPartyState,
  MessageType,
  maskChunk,
  type PartyContext,
  type PartyEffect,
  type PartyEvent,
  packRing,
  partyContext,
  type ReportLayout,
  type RoundTerms,
  requireRingBits,
  type SegmentOutcome,
  signedLayout,
  stepParty,
} from "@tributary/federated";
import { enrolledParties } from "../../../shared/crypto/protocol/enrolled-parties.ts";
import { decodeTerms } from "../../../shared/terms/terms-message.ts";
import type { AttestedChain } from "../../party/attested-chain.ts";
import type { AddressedMessage } from "../../party/party-directory.ts";
import type { JobEngine } from "../job-engine.ts";

/** The integers of a party's report, segment by segment. */
export type MemoryReport = readonly Int32Array[];

/** What a party reports in an attempt at a ledger line. */
export type ReportRule = (
  layout: ReportLayout,
  at: { readonly round: number; readonly attempt: number },
) => MemoryReport;

/** Where the aggregator staged a segment of a party. */
export interface StagedSegmentFile {
  readonly path: string;
  readonly round: number;
  readonly attempt: number;
  readonly segment: number;
}

/** How messages of an attempt are addressed: by its setup. */
interface Address {
  readonly round: number;
  readonly attempt: number;
}

/** An attempt that a party knows. */
interface KnownAttempt {
  readonly line: number;
  readonly at: Address;
  readonly segments: ReadonlyMap<number, { readonly ringBits: number; readonly bytes: Uint8Array }>;
}

/** A worker in memory: it speaks the protocol truly, reports what a test says, and outlives the aggregator's process. */
export class MemoryParty {
  readonly id: number;
  readonly issuedMs: number;
  readonly identitySecret: Uint8Array;
  readonly publicKey: Uint8Array;
  report: ReportRule;
  /** Nobody in memory checks a chain: it is there, and stands for itself. */
  readonly attested: AttestedChain;
  /** Verbs of its trainer. */
  kinds = ["Evaluate", "Train"];
  /** Types of messages that it does not send: it is away when they would be due. */
  readonly unsent = new Set<number>();
  /** Told of a segment whose bytes are all staged, before the aggregator hears so. */
  onStaged: (segment: StagedSegmentFile) => Promise<void> = async () => {};
  /** Whether its sidecar is of a release that stays in a round while the next one is opened. */
  opensBeside = true;
  /** What it was told of its segments, by ledger line. */
  readonly told: { readonly round: number; readonly outcomes: readonly SegmentOutcome[] }[] = [];
  /** What it was told of setups, in order. */
  readonly heard: string[] = [];
  /** Attempts that it was told of as closed empty; one that never started is none. */
  readonly closedEmpty: { readonly round: number; readonly attempt: number }[] = [];
  readonly #crypto: CryptoSuite;
  readonly #attempts = new Map<string, KnownAttempt>();
  /** Terms of the setups that it was sent. */
  readonly #terms = new Map<number, RoundTerms>();
  readonly #started = new Set<number>();
  #state = emptyPartyState();
  #context: PartyContext | undefined;
  #engine: JobEngine | undefined;

  /** @param issuedMs when its certificate begins. */
  constructor(crypto: CryptoSuite, id: number, report: ReportRule, issuedMs = 0) {
    this.issuedMs = issuedMs;
    this.#crypto = crypto;
    this.id = id;
    this.report = report;
    this.identitySecret = crypto.randomBytes(32);
    this.publicKey = crypto.ed25519PublicKey(this.identitySecret);
    this.attested = { chainDer: [this.publicKey], certificateSha256: crypto.sha256(this.publicKey) };
  }

  /** Number of the newest setup that it took, 0 for none. */
  get lastSetup(): number {
    return this.#state.history.lastRound?.round ?? 0;
  }

  /** Listens to a process of the aggregator until it ends. */
  async listen(engine: JobEngine, messages: AsyncIterable<AddressedMessage>): Promise<void> {
    this.#engine = engine;
    for await (const { round, attempt, message } of messages) {
      if (message.case === "opened") {
        this.#terms.set(round, decodeTerms(message.value.terms));
        this.heard.push(`opened ${round}`);
        await this.#open(message.value.setup);
      } else if (message.case === "started") {
        this.heard.push(`started ${round}`);
        this.#started.add(round);
        await this.#take({ type: "receive", message: message.value.plan }, { round, attempt });
      } else if (message.case === "secagg") {
        await this.#take({ type: "receive", message: message.value }, { round, attempt });
      } else if (message.case === "closed") {
        this.heard.push(`${message.value.committed ? "committed" : "closed"} ${round}`);
        if (message.value.committed) continue;
        if (this.#started.has(round)) this.closedEmpty.push({ round: this.#terms.get(round)!.line, attempt });
        const setupDigest = this.#state.rounds.find(({ setup }) => setup.round === round)?.setupDigest;
        if (setupDigest !== undefined) await this.#take({ type: "forget", setupDigest }, { round, attempt });
      }
    }
  }

  async #open(message: Uint8Array): Promise<void> {
    const known = decodeMessage(message);
    if (known.type !== MessageType.Setup) throw new Error("a round opens with a setup");
    const { jobUid, aggregatorKey, roster, round, attempt } = known.setup;
    const policy = { allowUnmasked: true, minOrganisations: 1, corruptRatio: 0.05, dropRatio: 0.05 };
    this.#context ??= partyContext(this.#crypto, {
      jobUid,
      identitySecret: this.identitySecret,
      aggregatorKey,
      policy,
    });
    await this.#take({ type: "open", message, enrolled: enrolledParties(roster) }, { round, attempt });
  }

  async #take(event: PartyEvent, at: Address): Promise<void> {
    const { state, effects } = stepParty(this.#context!, this.#state, event);
    this.#state = state;
    for (const effect of effects) await this.#perform(effect, at);
  }

  async #perform(effect: PartyEffect, at: Address): Promise<void> {
    switch (effect.type) {
      case "send":
        if (this.unsent.has(effect.message[1]!)) break;
        // A process that has stopped hears nothing.
        await this.#engine!.inbox.receiveMessage(this.id, at.round, at.attempt, effect.message).catch(() => {});
        break;
      case "planAccepted":
        this.#prepare(effect, at);
        break;
      case "maskingReady":
        for (const [segment, { bytes }] of this.#attempts.get(hex(effect.planDigest))!.segments)
          await this.#take(
            { type: "inputReady", planDigest: effect.planDigest, segment, plainSha256: sha256(bytes) },
            at,
          );
        break;
      case "upload":
        await this.#upload(effect).catch(() => {});
        break;
      case "closed":
        this.told.push({
          round: this.#attempts.get(hex(effect.planDigest))!.line,
          outcomes: effect.segments.map(({ outcome }) => outcome),
        });
    }
  }

  #prepare({ planDigest, setup, plan }: Extract<PartyEffect, { type: "planAccepted" }>, at: Address): void {
    const { line, sections, seats } = this.#terms.get(setup.round)!;
    const layout = signedLayout(sections, seats.length, { setup, plan })!;
    const report = this.report(layout, { round: line, attempt: at.attempt });
    const packed = setup.segments.map(({ id, ringBits }, index) => {
      return [id, { ringBits, bytes: packRing(report[index]!, requireRingBits(ringBits)) }] as const;
    });
    this.#attempts.set(hex(planDigest), { line, at, segments: new Map(packed) });
  }

  async #upload({ planDigest, segment, keys }: Extract<PartyEffect, { type: "upload" }>): Promise<void> {
    const { line, at, segments } = this.#attempts.get(hex(planDigest))!;
    const { ringBits, bytes: plain } = segments.get(segment)!;
    const bytes = plain.slice();
    if (keys.length > 0) maskChunk(this.#crypto, { bytes, offsetBytes: 0, ringBits: requireRingBits(ringBits) }, keys);
    const digest = sha256(bytes);
    const resource = {
      kind: "segment",
      jobUid: this.#context!.config.jobUid,
      ...at,
      segment,
      party: this.id,
    } as const;
    const { staging } = this.#engine!.inbox.stagingOf(resource);
    const { storedBytes, isComplete } = await staging.claim(resource, hex(digest), bytes.length);
    const span = { startBytes: storedBytes, endBytes: bytes.length, totalBytes: bytes.length };
    if (!isComplete) await staging.receive(resource, span, Readable.from([Buffer.from(bytes.subarray(storedBytes))]));
    const { attempt } = at;
    await this.onStaged({ path: staging.pathOf(segment, this.id), round: line, attempt, segment });
    this.#engine!.inbox.segmentStored(resource, hex(digest), bytes.length);
    const stored = { segment, sha256: digest, sizeBytes: bytes.length };
    await this.#take({ type: "inputStored", planDigest, ...stored }, at);
  }
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(bytes).digest());
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
