import {
  type AggregatorContext,
  type AggregatorEffect,
  type AggregatorEvent,
  type AggregatorState,
  accumulatePacked,
  type CryptoSuite,
  DeadlineStage,
  decodeMessage,
  emptyPartyState,
  type MaskKey,
  MessageType,
  maskChunk,
  openAggregation,
  type PartyContext,
  type PartyEffect,
  type PartyEvent,
  type PartyState,
  packRing,
  partyContext,
  type Refusal,
  type RingBits,
  type RosterEntry,
  type RoundPlan,
  type RoundSetup,
  type SegmentResult,
  segmentSizeBytes,
  stepAggregator,
  stepParty,
  unpackRing,
} from "@tributary/federated";
import { enrolledParties } from "./enrolled-parties.ts";

/** The message at whose sending a party dies; everything before it was sent. */
export type DropStage = "Advertise" | "ShareBundle" | "MaskedInput" | "Consistency" | "UnmaskAnswer";

/** One party of a round in memory. */
export interface MemoryParty {
  readonly id: number;
  readonly context: PartyContext;
  state: PartyState;
  /** Integers of each segment, by segment id. */
  values: Map<number, Int32Array>;
  dropAt: DropStage | null;
  alive: boolean;
}

/** What a round in memory ended with. */
export interface MemoryRoundOutcome {
  readonly results: readonly SegmentResult[] | null;
  /** Opened sums as signed integers, by segment. */
  readonly sums: ReadonlyMap<number, Int32Array>;
  readonly refusals: readonly { readonly who: number | "aggregator"; readonly refusal: Refusal }[];
  readonly partyEffects: readonly { readonly party: number; readonly effect: PartyEffect }[];
  readonly aggregatorEffects: readonly AggregatorEffect[];
}

/** Changes or drops what the aggregator sends: a malicious hub. */
export type Tamper = (to: number, message: Uint8Array) => Uint8Array | null;

/**
 * Plays whole rounds of XSA1 in one process: message queues instead of a network, arrays instead of staged files, deadlines when nothing
 * moves any more. It is the shortest complete caller of the two state machines.
 */
export class MemoryRound {
  aggregator: AggregatorState;
  tamper: Tamper = (_, message) => message;
  /** Called at each persist, with the encoded states still to be made; a test may restart parties there. */
  onPersist: (who: number | "aggregator") => void = () => undefined;
  readonly #context: AggregatorContext;
  readonly #setup: RoundSetup;
  readonly #parties: Map<number, MemoryParty>;
  readonly #queue: (() => void)[] = [];
  readonly #staged = new Map<string, Uint8Array>();
  readonly #sums = new Map<number, Uint8Array>();
  readonly #refusals: { who: number | "aggregator"; refusal: Refusal }[] = [];
  readonly #partyEffects: { party: number; effect: PartyEffect }[] = [];
  readonly #aggregatorEffects: AggregatorEffect[] = [];
  #results: readonly SegmentResult[] | null = null;

  constructor(context: AggregatorContext, setup: RoundSetup, plan: RoundPlan, parties: readonly MemoryParty[]) {
    this.#context = context;
    this.#setup = setup;
    this.#parties = new Map(parties.map((party) => [party.id, party]));
    const opened = openAggregation(context, setup);
    this.aggregator = opened.state;
    this.#aggregate(opened.effects);
    this.tell({ type: "plan", plan });
  }

  /** Runs until nothing moves, ending each stage in turn, gives up what is still open, and says how it went. */
  run(): MemoryRoundOutcome {
    this.runStages();
    if (this.#results === null) {
      this.tell({ type: "abandon" });
      this.#drain();
    }
    return this.outcome();
  }

  /** Runs until nothing moves, ending each stage in turn. */
  runStages(): void {
    this.#drain();
    for (const stage of Object.values(DeadlineStage)) {
      this.tell({ type: "deadline", stage });
      this.#drain();
    }
  }

  /** What has happened so far. */
  outcome(): MemoryRoundOutcome {
    const sums = [...this.#sums].flatMap(([segment, packed]) => {
      const shape = this.#shapeOf(segment);
      const isOpened = this.#results?.some((result) => result.segment === segment && result.opened !== null) ?? false;
      if (!isOpened) return [];
      return [[segment, unpackRing(packed, shape.ringBits as RingBits, new Int32Array(shape.valueCount))] as const];
    });
    return {
      results: this.#results,
      sums: new Map(sums),
      refusals: this.#refusals,
      partyEffects: this.#partyEffects,
      aggregatorEffects: this.#aggregatorEffects,
    };
  }

  /** Puts an event of the aggregator in and queues what follows. */
  tell(event: AggregatorEvent): void {
    const step = stepAggregator(this.#context, this.aggregator, event);
    this.aggregator = step.state;
    this.#aggregate(step.effects);
  }

  /** Puts an event of a party in and queues what follows. */
  tellParty(id: number, event: PartyEvent): void {
    const party = this.#parties.get(id);
    if (party === undefined || !party.alive) return;
    const step = stepParty(party.context, party.state, event);
    party.state = step.state;
    for (const effect of step.effects) this.#perform(party, effect);
  }

  #drain(): void {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) next();
  }

  #perform(party: MemoryParty, effect: PartyEffect): void {
    this.#partyEffects.push({ party: party.id, effect });
    switch (effect.type) {
      case "persist":
        this.onPersist(party.id);
        break;
      case "send":
        this.#send(party, effect.message);
        break;
      case "maskingReady":
        for (const { id } of this.#setup.segments) this.#queue.push(() => this.#prepare(party, effect.planDigest, id));
        break;
      case "upload":
        this.#queue.push(() => this.#upload(party, effect.planDigest, effect.segment, effect.keys));
        break;
      case "refused":
        this.#refusals.push({ who: party.id, refusal: effect.refusal });
    }
  }

  #send(party: MemoryParty, message: Uint8Array): void {
    const { type } = decodeMessage(message);
    if (party.dropAt !== null && type === MessageType[party.dropAt]) party.alive = false;
    if (party.alive) this.#queue.push(() => this.tell({ type: "receive", from: party.id, message }));
  }

  #prepare(party: MemoryParty, planDigest: Uint8Array, segment: number): void {
    const plainSha256 = party.context.crypto.sha256(this.#packed(party, segment));
    this.tellParty(party.id, { type: "inputReady", planDigest, segment, plainSha256 });
  }

  /** Masks in pieces of one group, to show that pieces do not matter. */
  #upload(party: MemoryParty, planDigest: Uint8Array, segment: number, keys: readonly MaskKey[]): void {
    if (!party.alive) return;
    const { crypto } = party.context;
    const bytes = this.#packed(party, segment);
    const { ringBits } = this.#shapeOf(segment);
    for (let offsetBytes = 0; offsetBytes < bytes.length; offsetBytes += ringBits) {
      maskChunk(crypto, { bytes: bytes.subarray(offsetBytes, offsetBytes + ringBits), offsetBytes, ringBits }, keys);
    }
    const stored = { segment, sha256: crypto.sha256(bytes), sizeBytes: bytes.length };
    this.#staged.set(`${segment}/${party.id}`, bytes);
    this.tell({ type: "stored", party: party.id, ...stored });
    this.tellParty(party.id, { type: "inputStored", planDigest, ...stored });
  }

  #aggregate(effects: readonly AggregatorEffect[]): void {
    for (const effect of effects) {
      this.#aggregatorEffects.push(effect);
      this.#queue.push(() => this.#performAggregate(effect));
    }
  }

  #performAggregate(effect: AggregatorEffect): void {
    switch (effect.type) {
      case "persist":
        this.onPersist("aggregator");
        break;
      case "send":
        for (const id of effect.to === "all" ? this.#parties.keys() : [effect.to]) this.#deliver(id, effect.message);
        break;
      case "sum":
        this.#sum(effect.segment, effect.parties);
        break;
      case "discard":
        this.#staged.delete(`${effect.segment}/${effect.party}`);
        break;
      case "remove":
        this.#remove(effect.segment, effect.keys);
        break;
      case "commit":
        this.#results = effect.results;
        this.tell({ type: "committed" });
        break;
      case "refused":
        this.#refusals.push({ who: "aggregator", refusal: effect.refusal });
    }
  }

  #deliver(id: number, original: Uint8Array): void {
    const message = this.tamper(id, original);
    if (message === null) return;
    const isSetup = message[1] === MessageType.Setup;
    const enrolled = enrolledParties(this.#setup.roster);
    this.tellParty(id, isSetup ? { type: "open", message, enrolled } : { type: "receive", message });
  }

  #sum(segment: number, parties: readonly number[]): void {
    const shape = this.#shapeOf(segment);
    const sum = new Uint8Array(segmentSizeBytes(shape));
    for (const party of parties) {
      accumulatePacked(sum, this.#staged.get(`${segment}/${party}`)!, shape.ringBits as RingBits);
    }
    this.#sums.set(segment, sum);
    this.tell({ type: "summed", sums: [{ segment, sumSha256: this.#context.crypto.sha256(sum) }] });
  }

  #remove(segment: number, keys: readonly MaskKey[]): void {
    const bytes = maskChunk(
      this.#context.crypto,
      { bytes: this.#sums.get(segment)!, offsetBytes: 0, ringBits: this.#shapeOf(segment).ringBits },
      keys,
    );
    this.tell({ type: "removed", segment, sumSha256: this.#context.crypto.sha256(bytes) });
  }

  #packed(party: MemoryParty, segment: number): Uint8Array {
    return packRing(party.values.get(segment)!, this.#shapeOf(segment).ringBits as RingBits);
  }

  #shapeOf(segment: number) {
    return this.#setup.segments.find((shape) => shape.id === segment)!;
  }
}

/** What a roster of parties in memory is made from. */
export interface MemoryRoster {
  readonly crypto: CryptoSuite;
  readonly jobUid: string;
  readonly parties: readonly MemoryParty[];
  readonly roster: readonly RosterEntry[];
  readonly aggregator: AggregatorContext;
  readonly aggregatorKey: Uint8Array;
}

/** Parties with identity keys, spread over `organisations` organisations, and the aggregator they trust. */
export function createRoster(crypto: CryptoSuite, ids: readonly number[], organisations: number): MemoryRoster {
  const jobUid = "7f9c1d4e-0000-4000-8000-000000000001";
  const signingSecret = crypto.randomBytes(32);
  const aggregatorKey = crypto.ed25519PublicKey(signingSecret);
  const policy = {
    allowUnmasked: true,
    minOrganisations: Math.min(2, organisations),
    corruptRatio: 0.05,
    dropRatio: 0.05,
  };
  const parties = ids.map((id): MemoryParty => {
    const config = { jobUid, identitySecret: crypto.randomBytes(32), aggregatorKey, policy };
    const context = partyContext(crypto, config);
    return { id, context, state: emptyPartyState(), values: new Map(), dropAt: null, alive: true };
  });
  const roster = parties.map(({ id, context }, index) => ({
    id,
    organisation: `organisation-${index % organisations}`,
    publicKey: context.publicKey,
    certificateSha256: crypto.sha256(context.publicKey),
  }));
  return { crypto, jobUid, parties, roster, aggregator: { crypto, signingSecret }, aggregatorKey };
}
