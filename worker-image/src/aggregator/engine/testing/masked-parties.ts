import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import {
  decodeMessage,
  MessageType,
  maskChunk,
  type PartyEffect,
  type PartyEvent,
  packRing,
  type RingBits,
  type RoundSetup,
  stepParty,
} from "@tributary/federated";
import { enrolledParties } from "../../../shared/crypto/protocol/enrolled-parties.ts";
import type { DropStage, MemoryParty } from "../../../shared/crypto/protocol/memory-round.ts";
import type { RoundRun } from "../run/round-run.ts";

type Upload = Extract<PartyEffect, { type: "upload" }>;

/** Parties of a masked round with real keys and masks, which hand their messages and bytes to a run as its wires do. */
export class MaskedParties {
  /** What the run has sent and nobody has taken. */
  readonly outbox: { readonly to: number | "all"; readonly message: Uint8Array }[] = [];
  /** Party that adds something to what it was told to mask. */
  liar: number | undefined;
  /** A segment that some parties never send. */
  withheld: { readonly segment: number; readonly by: readonly number[] } | undefined;
  readonly #setup: RoundSetup;
  readonly #parties: readonly MemoryParty[];

  constructor(setup: RoundSetup, parties: readonly MemoryParty[]) {
    this.#setup = setup;
    this.#parties = parties;
  }

  /** Hands on what the run says, and what the parties answer, until nobody says anything. */
  async exchange(run: RoundRun): Promise<void> {
    for (let next = this.outbox.shift(); next !== undefined; next = this.outbox.shift()) {
      const { to, message } = next;
      const isSetup = message[1] === MessageType.Setup;
      const event: PartyEvent = isSetup
        ? { type: "open", message, enrolled: enrolledParties(this.#setup.roster) }
        : { type: "receive", message };
      for (const party of this.#parties) if (to === "all" || to === party.id) await this.#take(run, party, event);
    }
  }

  async #take(run: RoundRun, party: MemoryParty, event: PartyEvent): Promise<void> {
    if (!party.alive) return;
    const { state, effects } = stepParty(party.context, party.state, event);
    party.state = state;
    for (const effect of effects) await this.#perform(run, party, effect);
  }

  async #perform(run: RoundRun, party: MemoryParty, effect: PartyEffect): Promise<void> {
    if (effect.type === "send") return this.#send(run, party, effect.message);
    if (effect.type === "upload") return this.#upload(run, party, effect);
    if (effect.type === "refused") throw new Error(`party ${party.id} refused: ${effect.refusal.detail}`);
    if (effect.type !== "maskingReady") return;
    const { planDigest } = effect;
    for (const { id: segment } of this.#setup.segments) {
      const plainSha256 = party.context.crypto.sha256(this.#packed(party, segment));
      await this.#take(run, party, { type: "inputReady", planDigest, segment, plainSha256 });
    }
  }

  async #send(run: RoundRun, party: MemoryParty, message: Uint8Array): Promise<void> {
    if (party.dropAt !== null && decodeMessage(message).type === MessageType[party.dropAt as DropStage])
      party.alive = false;
    if (party.alive) await run.post({ type: "receive", from: party.id, message });
  }

  async #upload(run: RoundRun, party: MemoryParty, { planDigest, segment, keys }: Upload): Promise<void> {
    if (!party.alive || (this.withheld?.segment === segment && this.withheld.by.includes(party.id))) return;
    const { ringBits } = this.#shapeOf(segment);
    const bytes = this.#packed(party, segment);
    maskChunk(party.context.crypto, { bytes, offsetBytes: 0, ringBits }, keys);
    if (this.liar === party.id) bytes.set(bytes.map((byte) => byte ^ 0x55));
    const sha256 = new Uint8Array(createHash("sha256").update(bytes).digest());
    const { jobUid, round, attempt } = this.#setup;
    const resource = { kind: "segment", jobUid, round, attempt, segment, party: party.id } as const;
    await run.staging.claim(resource, Buffer.from(sha256).toString("hex"), bytes.length);
    const span = { startBytes: 0, endBytes: bytes.length, totalBytes: bytes.length };
    await run.staging.receive(resource, span, Readable.from([Buffer.from(bytes)]));
    await run.post({ type: "stored", party: party.id, segment, sha256, sizeBytes: bytes.length });
    await this.#take(run, party, { type: "inputStored", planDigest, segment, sha256, sizeBytes: bytes.length });
  }

  #packed(party: MemoryParty, segment: number): Uint8Array {
    return packRing(party.values.get(segment)!, this.#shapeOf(segment).ringBits as RingBits);
  }

  #shapeOf(segment: number) {
    return this.#setup.segments.find(({ id }) => id === segment)!;
  }
}
