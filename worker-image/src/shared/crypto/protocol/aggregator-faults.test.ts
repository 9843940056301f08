import {
  type AggregatorEffect,
  type AggregatorEvent,
  type AggregatorState,
  chooseNeighbourhood,
  decodeMessage,
  encodeMessage,
  largestMessageBytes,
  lowOrderPoints,
  type Message,
  MessageType,
  stepAggregator,
} from "@tributary/federated";
import { describe, expect, it } from "vitest";
import { createRoster, type DropStage, type MemoryRoster, MemoryRound } from "./memory-round.ts";
import { aPlan, aSetup, idsOf, labelled, valuesOf } from "./round-fixtures.ts";
import { createSeededSuite } from "./seeded-suite.ts";
import { createSimulatedSuite } from "./simulated-suite.ts";

type Of<T extends MessageType> = Extract<Message, { readonly type: T }>;

/** What the aggregator heard from one party, with its state just before. */
interface Heard {
  readonly state: AggregatorState;
  readonly message: Message;
  readonly from: number;
}

const suite = createSeededSuite("aggregator faults");
const roster = createRoster(suite, idsOf(7), 2);
const [liar, other] = roster.parties.map(({ id }) => id) as [number, number];
const { round, heard } = record(roster, { 6: "ShareBundle", 5: "MaskedInput" });

describe("the aggregator refuses", () => {
  it("what is not a message of a party: MalformedMessage", () => {
    const { state, message } = heardFrom(liar, MessageType.Advertise);
    expectRefusal(state, receive(liar, Uint8Array.of(1, 2, 3)), "MalformedMessage");
    const keyList = {
      type: MessageType.KeyList,
      setupDigest: (message as Of<typeof MessageType.Advertise>).setupDigest,
      members: [],
      advertised: [],
    } as const;
    expectRefusal(state, receive(liar, encodeMessage(keyList)), "MalformedMessage");
  });

  it("a party that speaks for another, and a stranger: SenderMismatch", () => {
    const { state, message } = heardFrom(liar, MessageType.Advertise);
    expectRefusal(state, receive(other, encodeMessage(message)), "SenderMismatch");
    expectRefusal(
      state,
      receive(1, encodeMessage({ ...(message as Of<typeof MessageType.Advertise>), party: 1 })),
      "SenderMismatch",
    );
  });

  it("keys that are unsigned, changed, late or of low order", () => {
    const { state, message } = heardFrom<Of<typeof MessageType.Advertise>>(liar, MessageType.Advertise);
    const changed = signedKeys({ ...message, shareKey: suite.x25519PublicKey(suite.randomBytes(32)) });
    const after = heardFrom(other, MessageType.ShareBundle).state;
    const closed = { ...after, advertised: new Map([...after.advertised].filter(([id]) => id !== liar)) };
    expectRefusal(state, say(liar, { ...message, signature: new Uint8Array(64) }), "SignatureInvalid");
    expectRefusal(after, say(liar, changed), "MessageChanged");
    expectRefusal(closed, say(liar, message), "StageClosed");
    expectRefusal(state, say(liar, signedKeys({ ...message, shareKey: lowOrderPoints()[2]! })), "LowOrderPoint");
  });

  it("shares that are unsigned, incomplete, changed, late or of nobody", () => {
    const { state, message } = heardFrom<Of<typeof MessageType.ShareBundle>>(liar, MessageType.ShareBundle);
    const last = heardFrom(other, MessageType.MaskedInput).state;
    const late = { ...last, bundles: new Map([...last.bundles].filter(([id]) => id !== liar)) };
    const withoutKeys = { ...state, keys: { ...state.keys!, members: state.keys!.members.slice(1) } };
    expectRefusal(state, say(liar, { ...message, signature: new Uint8Array(64) }), "SignatureInvalid");
    expectRefusal(
      state,
      say(liar, signedBundle(state, { ...message, sealed: message.sealed.slice(1) })),
      "MalformedMessage",
    );
    expectRefusal(
      last,
      say(liar, signedBundle(state, { ...message, commitments: message.commitments.map((byte) => byte ^ 1) })),
      "MessageChanged",
    );
    expectRefusal(late, say(liar, message), "StageClosed");
    expectRefusal(withoutKeys, say(liar, message), "UnknownParty");
  });

  it("inputs that are unsigned, of another plan, segment, size or digest, late, or of a party without shares", () => {
    const { state, message } = heardFrom<Of<typeof MessageType.MaskedInput>>(liar, MessageType.MaskedInput);
    const { segment, sha256, sizeBytes } = message;
    const stored = { type: "stored", party: liar, segment, sha256, sizeBytes } as const;
    const late = heardFrom(liar, MessageType.Consistency).state;
    expectRefusal(state, say(liar, { ...message, signature: new Uint8Array(64) }), "SignatureInvalid");
    expectRefusal(state, say(liar, { ...message, planDigest: new Uint8Array(32) }), "UnknownRound");
    expectRefusal(state, { ...stored, segment: 8 }, "UnknownSegment");
    expectRefusal(state, { ...stored, party: roster.parties[6]!.id }, "UnknownParty");
    expectRefusal(late, { ...stored, party: roster.parties[5]!.id }, "StageClosed");
    const before = {
      ...state,
      segments: state.segments.map((entry) => ({ ...entry, stored: new Map(), reported: new Map() })),
    };
    expectRefusal(before, { ...stored, sizeBytes: 35 }, "PayloadMismatch");
    expect(stepAggregator(roster.aggregator, late, stored)).toEqual({ state: late, effects: [] });
  });

  it("both of two different uploads: the party is out of the segment", () => {
    const { state, message } = heardFrom<Of<typeof MessageType.MaskedInput>>(liar, MessageType.MaskedInput);
    const { segment, sizeBytes } = message;
    const again = { type: "stored", party: liar, segment, sha256: new Uint8Array(32), sizeBytes } as const;
    const step = stepAggregator(roster.aggregator, state, again);
    expect(step.effects).toMatchObject([
      { type: "discard", segment, party: liar },
      { type: "refused", refusal: { reason: "PayloadMismatch" } },
    ]);
    expect(step.state.segments[0]!.stored.has(liar)).toBe(false);
  });

  it("a word about other bytes than those that are staged: what is discarded is no longer counted on", () => {
    const { state, message } = heardFrom<Of<typeof MessageType.MaskedInput>>(liar, MessageType.MaskedInput);
    const segment = state.segments[0]!;
    const { sha256, sizeBytes } = message;
    const staged = { ...segment, stored: new Map(segment.stored).set(liar, { sha256, sizeBytes }) };
    const before = { ...state, segments: [staged, ...state.segments.slice(1)] };
    const lie = signedInput({ ...message, sizeBytes: sizeBytes + 1 });
    const step = stepAggregator(roster.aggregator, before, say(liar, lie));
    expect(step.effects).toMatchObject([{ type: "discard", party: liar }, { type: "refused" }]);
    expect(step.state.segments[0]!.stored.has(liar)).toBe(false);
  });

  it("before decoding it: what is larger than the round allows, or of a type that no party sends", () => {
    for (const { state, message, from } of heard) {
      const bytes = encodeMessage(message);
      const largest = largestMessageBytes(state.setup, message.type)!;
      expect(bytes.length).toBeLessThanOrEqual(largest);
      const tooLong = new Uint8Array(largest + 1);
      tooLong.set(bytes);
      expectRefusal(state, receive(from, tooLong), "MalformedMessage");
    }
    const { state } = heardFrom(liar, MessageType.Advertise);
    const ofParties = [2, 4, 7, 9, 11];
    for (let type = 0; type < 256; type++) {
      expect([type, largestMessageBytes(state.setup, type) !== undefined]).toEqual([type, ofParties.includes(type)]);
    }
  });

  it("signatures and answers that are not a party's own, and shares it did not ask for", () => {
    const consistency = heardFrom<Of<typeof MessageType.Consistency>>(liar, MessageType.Consistency);
    const forged = consistency.message.signatures.map((entry) => ({ ...entry, signature: new Uint8Array(64) }));
    expectRefusal(consistency.state, say(liar, { ...consistency.message, signatures: forged }), "SignatureInvalid");
    const strange = consistency.message.signatures.map((entry) => ({ ...entry, segment: 8 }));
    expectRefusal(consistency.state, say(liar, { ...consistency.message, signatures: strange }), "UnknownSegment");

    const answer = heardFrom<Of<typeof MessageType.UnmaskAnswer>>(liar, MessageType.UnmaskAnswer);
    expectRefusal(answer.state, say(liar, { ...answer.message, signature: new Uint8Array(64) }), "SignatureInvalid");
    const kinds = changeShares(answer.message, (share) => ({ ...share, kind: share.kind === 0 ? 1 : 0 }));
    expectRefusal(answer.state, say(liar, signedAnswer(kinds)), "ShareInvalid");
    const owners = changeShares(answer.message, (share) => ({ ...share, owner: roster.parties[6]!.id }), 1);
    expectRefusal(answer.state, say(liar, signedAnswer(owners)), "ShareInvalid");
  });
});

describe("the aggregator goes on", () => {
  it("round a holder that gives wrong shares, and names it", () => {
    const honest = createRoster(createSeededSuite("a liar"), idsOf(7), 2);
    const played = record(honest, {}, (message) =>
      message.type === MessageType.UnmaskAnswer && message.party === liar
        ? signedAnswer(
            changeShares(message, (share) => ({ ...share, share: share.share.map((byte) => byte ^ 0x55) })),
            honest,
          )
        : message,
    );
    const outcome = played.round.outcome();
    expect(outcome.results!.every((result) => result.opened !== null)).toBe(true);
    const named = outcome.aggregatorEffects
      .filter((effect) => effect.type === "suspected")
      .map((effect) => effect.holder);
    expect(new Set(named)).toEqual(new Set([liar]));
  });

  it("when a missing party returns after its bitmap was announced: the attempt is starved, then finished", () => {
    const few = createRoster(createSeededSuite("returns"), idsOf(4), 2);
    const { round: starving, heard: said } = record(few, { 2: "UnmaskAnswer", 3: "UnmaskAnswer" }, undefined, false);
    const starved = starving.outcome().aggregatorEffects.filter((effect) => effect.type === "starved");
    expect(starved.map((effect) => effect.missing)).toEqual([
      [few.parties[2]!.id, few.parties[3]!.id],
      [few.parties[2]!.id, few.parties[3]!.id],
    ]);
    expect(said.some(({ message }) => message.type === MessageType.UnmaskAnswer)).toBe(true);
    const back = few.parties[2]!;
    back.dropAt = null;
    back.alive = true;
    starving.tell({ type: "reconnected", party: back.id });
    expect(starving.run().results!.every((result) => result.opened !== null)).toBe(true);
  });

  it("without a segment that was abandoned, and says so in the result", () => {
    const few = createRoster(createSeededSuite("abandoned"), idsOf(4), 2);
    const { round: spent } = record(few, { 2: "UnmaskAnswer", 3: "UnmaskAnswer" });
    expect(spent.outcome().results!.every((result) => result.opened === null)).toBe(true);
    const closed = spent.outcome().partyEffects.filter(({ effect }) => effect.type === "closed");
    expect(closed[0]!.effect).toMatchObject({ segments: [{ outcome: "Empty" }, { outcome: "Empty" }] });
  });

  it("in no stage with too few parties: the round fails before anything is announced, the segment stays empty", () => {
    for (const stage of ["Advertise", "ShareBundle"] as const) {
      const few = createRoster(createSeededSuite(`few ${stage}`), idsOf(4), 2);
      const { round: failed } = record(few, { 2: stage, 3: stage });
      expect(failed.outcome().aggregatorEffects.filter((effect) => effect.type === "failed")).toMatchObject([
        { refusal: { reason: "TooFewParties" } },
      ]);
      expect(failed.outcome().results).toBeNull();
    }
    const few = createRoster(createSeededSuite("few inputs"), idsOf(4), 2);
    const { round: empty } = record(few, { 2: "MaskedInput", 3: "MaskedInput" });
    expect(empty.outcome().aggregatorEffects.filter((effect) => effect.type === "emptied")).toMatchObject([
      { segment: 7, refusal: { reason: "TooFewSurvivors" } },
      { segment: 9 },
    ]);
    expect(empty.outcome().results!.every((result) => result.opened === null)).toBe(true);
  });

  it("saying to a party that is back exactly what is open", () => {
    const typesAt = (state: AggregatorState) =>
      sentTypes(stepAggregator(roster.aggregator, state, { type: "reconnected", party: liar }).effects);
    expect(typesAt(heardFrom(liar, MessageType.Advertise).state)).toEqual(["Setup", "Plan"]);
    expect(typesAt(heardFrom(liar, MessageType.ShareBundle).state)).toEqual(["Setup", "KeyList", "Plan"]);
    expect(typesAt(heardFrom(liar, MessageType.MaskedInput).state)).toEqual([
      "Setup",
      "KeyList",
      "ShareDelivery",
      "Plan",
    ]);
    expect(typesAt(heardFrom(liar, MessageType.Consistency).state)).toEqual([
      "Setup",
      "KeyList",
      "ShareDelivery",
      "Plan",
      "SurvivorBitmaps",
    ]);
    expect(typesAt(heardFrom(liar, MessageType.UnmaskAnswer).state)).toEqual([
      "Setup",
      "KeyList",
      "ShareDelivery",
      "Plan",
      "SurvivorBitmaps",
      "UnmaskRequest",
    ]);
    expect(typesAt(round.aggregator)).toEqual(["Result"]);
  });
});

it("staged bytes that nobody signed are thrown away when the survivors are fixed", () => {
  const discarded = round.outcome().aggregatorEffects.filter((effect) => effect.type === "discard");
  expect(discarded).toEqual([{ type: "discard", segment: 7, party: roster.parties[5]!.id }]);
});

it("a sparse graph in which somebody's holders are too few leaves the segment empty, announcing nothing", () => {
  const many = createRoster(createSimulatedSuite("too few holders"), idsOf(70), 2);
  const chosen = chooseNeighbourhood(70, { corruptRatio: 0.05, dropRatio: 0.05, splitViews: true })!;
  const segments = [{ id: 7, valueCount: 19, valueBits: 8, ringBits: 16 }];
  const setup = aSetup(many, { ...chosen, minSurvivors: 40, segments });
  many.parties.forEach((party, rank) => {
    party.values = valuesOf(setup, rank);
    party.dropAt = rank < 25 ? "MaskedInput" : null;
  });
  const { aggregatorEffects, results } = new MemoryRound(
    many.aggregator,
    setup,
    aPlan(many, setup),
    many.parties,
  ).run();
  const emptied = aggregatorEffects.filter((effect) => effect.type === "emptied");
  expect(emptied).toMatchObject([{ segment: 7, refusal: { reason: "TooFewSurvivors" } }]);
  expect(emptied[0]!.refusal.detail).toMatch(/surviving holders of party \d+, must be at least/);
  expect(sentTypes(aggregatorEffects)).not.toContain("SurvivorBitmaps");
  expect(results!.every(({ opened }) => opened === null)).toBe(true);
});

it("nothing about survivors is sent before the sum is durable", () => {
  const effects = round.outcome().aggregatorEffects;
  const first = effects.findIndex(
    (effect) => effect.type === "send" && effect.message[1] === MessageType.SurvivorBitmaps,
  );
  expect(effects.slice(0, first).some((effect) => effect.type === "persist" && effect.segments.includes(7))).toBe(true);
});

function record(
  with_: MemoryRoster,
  drops: Record<number, DropStage>,
  lie: (message: Message) => Message = (message) => message,
  toTheEnd = true,
): { round: MemoryRound; heard: Heard[] } {
  const setup = aSetup(with_);
  with_.parties.forEach((party, rank) => {
    party.values = valuesOf(setup, rank);
    party.dropAt = drops[rank] ?? null;
  });
  const played = new MemoryRound(with_.aggregator, setup, aPlan(with_, setup), with_.parties);
  const all: Heard[] = [];
  const tell = played.tell.bind(played);
  played.tell = (event) => {
    if (event.type !== "receive") return tell(event);
    const message = lie(decodeMessage(event.message));
    all.push({ state: played.aggregator, message, from: event.from });
    tell({ ...event, message: encodeMessage(message) });
  };
  if (toTheEnd) played.run();
  else played.runStages();
  return { round: played, heard: all };
}

function heardFrom<T extends Message>(from: number, type: MessageType): { state: AggregatorState; message: T } {
  const found = heard.find((entry) => entry.from === from && entry.message.type === type)!;
  return { state: found.state, message: found.message as T };
}

function changeShares(
  message: Of<typeof MessageType.UnmaskAnswer>,
  change: (share: Share) => Share,
  count = 99,
): Of<typeof MessageType.UnmaskAnswer> {
  const segments = message.segments.map((entry) => ({ ...entry, shares: entry.shares.slice(0, count).map(change) }));
  return { ...message, segments };
}
type Share = Of<typeof MessageType.UnmaskAnswer>["segments"][number]["shares"][number];

function signedAnswer(message: Of<typeof MessageType.UnmaskAnswer>, of = roster): Of<typeof MessageType.UnmaskAnswer> {
  return { ...message, signature: sign(of, labelled("xsa1/ans", unsignedDigest(message))) };
}

function signedInput(message: Of<typeof MessageType.MaskedInput>): Of<typeof MessageType.MaskedInput> {
  return { ...message, signature: sign(roster, labelled("xsa1/inp", encodeMessage(message).slice(2, -64))) };
}

function signedBundle(
  state: AggregatorState,
  message: Of<typeof MessageType.ShareBundle>,
): Of<typeof MessageType.ShareBundle> {
  return { ...message, signature: sign(roster, labelled("xsa1/shr", state.keys!.digest, unsignedDigest(message))) };
}

function signedKeys(message: Of<typeof MessageType.Advertise>): Of<typeof MessageType.Advertise> {
  const { setupDigest, party, shareKey, maskKeys } = message;
  const id = Uint8Array.of(party >>> 24, party >>> 16, party >>> 8, party);
  return {
    ...message,
    signature: sign(roster, labelled("xsa1/adv", setupDigest, id, shareKey, suite.sha256(maskKeys))),
  };
}

function unsignedDigest(message: Message): Uint8Array {
  return suite.sha256(encodeMessage(message).slice(0, -64));
}

/** Signed by the first party, the one that lies. */
function sign(of: MemoryRoster, transcript: Uint8Array): Uint8Array {
  return suite.signEd25519(of.parties[0]!.context.config.identitySecret, transcript);
}

function say(from: number, message: Message): AggregatorEvent {
  return receive(from, encodeMessage(message));
}

function receive(from: number, message: Uint8Array): AggregatorEvent {
  return { type: "receive", from, message };
}

function expectRefusal(state: AggregatorState, event: AggregatorEvent, want: string): void {
  const step = stepAggregator(roster.aggregator, state, event);
  const others = step.effects.filter((effect) => effect.type !== "discard");
  expect(others).toMatchObject([{ type: "refused", refusal: { reason: want } }]);
  expect(step.state).toBe(state);
}

function sentTypes(effects: readonly AggregatorEffect[]): string[] {
  const names = new Map(Object.entries(MessageType).map(([name, type]) => [type as number, name]));
  return effects.flatMap((effect) => (effect.type === "send" ? [names.get(effect.message[1]!)!] : []));
}
