import {
  type AggregatorContext,
  type AggregatorEffect,
  type AggregatorEvent,
  type AggregatorState,
  accumulatePacked,
  type CryptoSuite,
  DATA_NAME_BYTES,
  DeadlineStage,
  decodeMessage,
  emptyPartyState,
  encodePlan,
  encodeSetup,
  MessageType,
  maskChunk,
  openAggregation,
  type PartyContext,
  type PartyEffect,
  type PartyEvent,
  type PartyState,
  packRing,
  partyContext,
  type RingBits,
  type RosterEntry,
  type RoundPlan,
  type RoundSetup,
  segmentSizeBytes,
  stepAggregator,
  stepParty,
  toHex,
  unpackRing,
} from "@tributary/federated";
import type { PythonReference } from "./python-reference.ts";

/** Who plays what in a mixed round. */
export interface Casting {
  readonly setup: RoundSetup;
  readonly plan: RoundPlan;
  readonly aggregator: AggregatorContext;
  /** Identity secrets by party id. */
  readonly identities: ReadonlyMap<number, Uint8Array>;
  /** Integers by party id, then segment id. */
  readonly values: ReadonlyMap<number, ReadonlyMap<number, Int32Array>>;
  readonly pythonParties: ReadonlySet<number>;
  readonly isPythonAggregator: boolean;
  /** The message at which a party is gone, by party id. */
  readonly drops: ReadonlyMap<number, MessageType>;
  readonly seed: number;
}

/** A round whose parties and aggregator are the state machines of this repository or the Python reference, in any mixture. */
export class MixedRound {
  readonly opened = new Map<number, Int32Array>();
  readonly refusals: string[] = [];
  readonly #crypto: CryptoSuite;
  readonly #python: PythonReference;
  readonly #casting: Casting;
  readonly #parties = new Map<number, { context: PartyContext; state: PartyState }>();
  readonly #gone = new Set<number>();
  readonly #staged = new Map<string, Uint8Array>();
  readonly #queue: (() => Promise<void>)[] = [];
  #aggregator: AggregatorState | null = null;

  constructor(crypto: CryptoSuite, python: PythonReference, casting: Casting) {
    this.#crypto = crypto;
    this.#python = python;
    this.#casting = casting;
  }

  /** Plays until nothing moves, ending each stage in turn. */
  async run(): Promise<void> {
    await this.#python.ask({ do: "reset" });
    for (const [id, identity] of this.#casting.identities) await this.#enter(id, identity);
    await this.#open();
    await this.#drain();
    for (const stage of [DeadlineStage.Advertising, DeadlineStage.Sharing, DeadlineStage.Collecting]) {
      if (this.#casting.isPythonAggregator) this.#take(await this.#python.ask({ do: "deadline", stage }));
      else this.#tell({ type: "deadline", stage });
      await this.#drain();
    }
  }

  async #enter(id: number, identity: Uint8Array): Promise<void> {
    const { setup, pythonParties, values, seed } = this.#casting;
    if (pythonParties.has(id)) {
      const integers = Object.fromEntries([...values.get(id)!].map(([segment, list]) => [segment, [...list]]));
      const key = toHex(setup.aggregatorKey);
      await this.#python.ask({
        do: "party",
        id,
        identity: toHex(identity),
        key,
        values: integers,
        seed: seed * 1000 + id,
      });
      return;
    }
    const policy = { allowUnmasked: true, minOrganisations: 2, corruptRatio: 0.05, dropRatio: 0.05 };
    const config = { jobUid: setup.jobUid, identitySecret: identity, aggregatorKey: setup.aggregatorKey, policy };
    this.#parties.set(id, { context: partyContext(this.#crypto, config), state: emptyPartyState() });
  }

  async #open(): Promise<void> {
    const { aggregator, setup, plan, isPythonAggregator } = this.#casting;
    if (isPythonAggregator) {
      const secret = toHex(aggregator.signingSecret);
      this.#take(
        await this.#python.ask({
          do: "aggregate",
          secret,
          setup: toHex(encodeSetup(setup)),
          plan: toHex(encodePlan(plan)),
        }),
      );
      return;
    }
    const step = openAggregation(aggregator, setup);
    this.#aggregator = step.state;
    this.#perform(step.effects);
    this.#tell({ type: "plan", plan });
  }

  async #drain(): Promise<void> {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) await next();
  }

  #take(answer: Awaited<ReturnType<PythonReference["ask"]>>): void {
    for (const [party, message] of answer.sends ?? [])
      this.#queue.push(() => this.#toParty(party, Buffer.from(message, "hex")));
    for (const [segment, sum] of Object.entries(answer.opened ?? {}))
      this.opened.set(Number(segment), Int32Array.from(sum));
  }

  async #toParty(id: number, message: Uint8Array): Promise<void> {
    if (this.#gone.has(id)) return;
    if (!this.#casting.pythonParties.has(id)) {
      const isSetup = message[1] === MessageType.Setup;
      const enrolled = this.#casting.setup.roster.map(enrolledWorker);
      this.#tellParty(id, isSetup ? { type: "open", message, enrolled } : { type: "receive", message });
      return;
    }
    const answer = await this.#python.ask({ do: "toParty", id, message: toHex(message) });
    for (const [segment, bytes] of answer.uploads ?? []) this.#store(id, segment, Buffer.from(bytes, "hex"));
    for (const sent of answer.messages ?? []) this.#send(id, Buffer.from(sent, "hex"));
  }

  #tellParty(id: number, event: PartyEvent): void {
    const party = this.#parties.get(id)!;
    const step = stepParty(party.context, party.state, event);
    party.state = step.state;
    for (const effect of step.effects) this.#performParty(id, effect);
  }

  #performParty(id: number, effect: PartyEffect): void {
    switch (effect.type) {
      case "send":
        this.#send(id, effect.message);
        break;
      case "maskingReady":
        for (const { id: segment } of this.#casting.setup.segments) {
          const plainSha256 = this.#crypto.sha256(this.#packed(id, segment));
          this.#tellParty(id, { type: "inputReady", planDigest: effect.planDigest, segment, plainSha256 });
        }
        break;
      case "upload": {
        const bytes = this.#packed(id, effect.segment);
        maskChunk(this.#crypto, { bytes, offsetBytes: 0, ringBits: this.#shape(effect.segment).ringBits }, effect.keys);
        this.#store(id, effect.segment, bytes);
        const stored = { segment: effect.segment, sha256: this.#crypto.sha256(bytes), sizeBytes: bytes.length };
        this.#tellParty(id, { type: "inputStored", planDigest: effect.planDigest, ...stored });
        break;
      }
      case "refused":
        this.refusals.push(`party ${id}: ${effect.refusal.reason} ${effect.refusal.detail}`);
    }
  }

  #send(id: number, message: Uint8Array): void {
    if (decodeMessage(message).type === this.#casting.drops.get(id)) this.#gone.add(id);
    if (this.#gone.has(id)) return;
    this.#queue.push(async () => {
      if (!this.#casting.isPythonAggregator) this.#tell({ type: "receive", from: id, message });
      else this.#take(await this.#python.ask({ do: "toAggregator", id, message: toHex(message) }));
    });
  }

  #store(id: number, segment: number, bytes: Uint8Array): void {
    if (this.#gone.has(id)) return;
    this.#staged.set(`${segment}/${id}`, bytes);
    const stored = { segment, sha256: this.#crypto.sha256(bytes), sizeBytes: bytes.length };
    this.#queue.push(async () => {
      if (!this.#casting.isPythonAggregator) this.#tell({ type: "stored", party: id, ...stored });
      else this.#take(await this.#python.ask({ do: "stored", id, segment, bytes: toHex(bytes) }));
    });
  }

  #tell(event: AggregatorEvent): void {
    const step = stepAggregator(this.#casting.aggregator, this.#aggregator!, event);
    this.#aggregator = step.state;
    this.#perform(step.effects);
  }

  #perform(effects: readonly AggregatorEffect[]): void {
    for (const effect of effects) this.#queue.push(async () => this.#performAggregate(effect));
  }

  #performAggregate(effect: AggregatorEffect): void {
    switch (effect.type) {
      case "send": {
        const receivers = effect.to === "all" ? [...this.#casting.identities.keys()] : [effect.to];
        for (const id of receivers) this.#queue.push(() => this.#toParty(id, effect.message));
        break;
      }
      case "sum": {
        const shape = this.#shape(effect.segment);
        const sum = new Uint8Array(segmentSizeBytes(shape));
        for (const party of effect.parties)
          accumulatePacked(sum, this.#staged.get(`${shape.id}/${party}`)!, shape.ringBits as RingBits);
        this.#staged.set(`${shape.id}/sum`, sum);
        this.#tell({ type: "summed", sums: [{ segment: shape.id, sumSha256: this.#crypto.sha256(sum) }] });
        break;
      }
      case "remove": {
        const { id, ringBits, valueCount } = this.#shape(effect.segment);
        const bytes = maskChunk(
          this.#crypto,
          { bytes: this.#staged.get(`${id}/sum`)!, offsetBytes: 0, ringBits },
          effect.keys,
        );
        this.opened.set(id, unpackRing(bytes, ringBits as RingBits, new Int32Array(valueCount)));
        this.#tell({ type: "removed", segment: id, sumSha256: this.#crypto.sha256(bytes) });
        break;
      }
      case "commit":
        this.#tell({ type: "committed" });
        break;
      case "refused":
      case "suspected":
      case "failed":
        this.refusals.push(`aggregator: ${JSON.stringify(effect)}`);
    }
  }

  #packed(id: number, segment: number): Uint8Array {
    return packRing(this.#casting.values.get(id)!.get(segment)!, this.#shape(segment).ringBits as RingBits);
  }

  #shape(segment: number) {
    return this.#casting.setup.segments.find(({ id }) => id === segment)!;
  }
}

function enrolledWorker({ id, ...worker }: RosterEntry) {
  const dataName = new Uint8Array(DATA_NAME_BYTES);
  new DataView(dataName.buffer).setUint32(0, id);
  return { ...worker, dataName };
}
