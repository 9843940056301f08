import {
  encodeMessage,
  type Message,
  MessageType,
  type PartyEvent,
  type PartyState,
  stepParty,
} from "@tributary/federated";
import { describe, expect, it } from "vitest";
import { createRoster } from "./memory-round.ts";
import { anHonestRound, aPlan, aSetup, idsOf, labelled, type RecordedRound, recordRound } from "./round-fixtures.ts";
import { createSeededSuite } from "./seeded-suite.ts";

type Of<T extends MessageType> = Extract<Message, { readonly type: T }>;
type Bitmaps = Of<typeof MessageType.SurvivorBitmaps>;
type Request = Of<typeof MessageType.UnmaskRequest>;
type Result = Of<typeof MessageType.Result>;

const suite = createSeededSuite("unmask refusals");
const honest = anHonestRound(suite, 7, { 6: "ShareBundle", 5: "MaskedInput" });
const { victim, roster } = honest;
/** Ranks 0 to 4 of a roster of 7; threshold and minSurvivors are 5. */
const SURVIVORS = 0b001_1111;

describe("a party refuses survivors", () => {
  const { state, message } = recorded<Bitmaps>(honest, MessageType.SurvivorBitmaps);

  it("are the ones of the round when nobody lies", () => {
    expect(message.bitmaps[0]!.bitmap).toEqual(Uint8Array.of(SURVIVORS));
  });

  const table: readonly { given: string; bitmap: number[]; segment?: number; want: string }[] = [
    { given: "that sent no shares", bitmap: [0b101_1111], want: "SurvivorsNotSubset" },
    { given: "too few for the threshold", bitmap: [0b000_1111], want: "TooFewSurvivors" },
    { given: "that are itself alone", bitmap: [1], want: "TooFewSurvivors" },
    { given: "with bits beyond the roster", bitmap: [0b1001_1111], want: "MalformedMessage" },
    { given: "in a bitmap of another length", bitmap: [SURVIVORS, 0], want: "MalformedMessage" },
    { given: "of a segment the setup does not have", bitmap: [SURVIVORS], segment: 8, want: "UnknownSegment" },
  ];

  it.each(table)("$given: $want", ({ bitmap, segment, want }) => {
    const bitmaps = [{ segment: segment ?? 7, bitmap: Uint8Array.from(bitmap) }];
    expectRefusal(honest, state, receive({ ...message, bitmaps }), want);
  });

  it("from fewer organisations than asked: TooFewOrganisations", () => {
    const split = createRoster(createSeededSuite("organisations"), idsOf(7), 7);
    const roster = split.roster.map((entry, rank) => ({ ...entry, organisation: rank < 6 ? "a" : "b" }));
    const named = { ...split, roster };
    const setup = aSetup(named);
    const round = recordRound(named, setup, aPlan(named, setup));
    const before = recorded<Bitmaps>(round, MessageType.SurvivorBitmaps);
    const bitmaps = [{ segment: 7, bitmap: Uint8Array.of(0b011_1111) }];
    expectRefusal(round, before.state, receive({ ...before.message, bitmaps }), "TooFewOrganisations");
  });

  it("of a segment it never masked, when it is one of them: NotPrepared", () => {
    const progress = state.rounds[0]!.progress.map((entry) => ({ ...entry, plainSha256: null, stored: null }));
    const cold: PartyState = { ...state, rounds: [{ ...state.rounds[0]!, progress }] };
    expectRefusal(honest, cold, receive(message), "NotPrepared");
    const others = [{ segment: 7, bitmap: Uint8Array.of(0b011_1110) }];
    expect(
      stepParty(victim.context, cold, receive({ ...message, bitmaps: others })).effects.map((effect) => effect.type),
    ).toEqual(["persist", "send"]);
  });

  it("that differ from those it signed in this round: BitmapChanged", () => {
    const signed = stepParty(victim.context, state, receive(message));
    const bitmaps = [{ segment: 7, bitmap: Uint8Array.of(0b011_1111) }];
    expectRefusal(honest, signed.state, receive({ ...message, bitmaps }), "BitmapChanged");
    expect(stepParty(victim.context, signed.state, receive(message)).effects).toEqual(signed.effects.slice(1));
  });

  it("all of a message when one bitmap of it is wrong", () => {
    const bitmaps = [message.bitmaps[0]!, { segment: 9, bitmap: Uint8Array.of(1) }];
    expectRefusal(honest, state, receive({ ...message, bitmaps }), "TooFewSurvivors");
  });

  it("of a plan that is not open: UnknownRound", () => {
    expectRefusal(honest, state, receive({ ...message, planDigest: new Uint8Array(32) }), "UnknownRound");
    expectRefusal(honest, honest.last, receive(message), "UnknownRound");
  });
});

describe("a party gives no share", () => {
  const { state, message } = recorded<Request>(honest, MessageType.UnmaskRequest);
  const asked = message.segments[0]!;

  it("but one of each owner, of the kind its bitmap says", () => {
    const step = stepParty(victim.context, state, receive(message));
    expect(step.effects).toHaveLength(1);
    expect(step.state).toBe(state);
    expect(stepParty(victim.context, step.state, receive(message)).effects).toEqual(step.effects);
  });

  it("for a bitmap it did not sign: BitmapNotSigned", () => {
    expectRefusal(
      honest,
      recorded<Bitmaps>(honest, MessageType.SurvivorBitmaps).state,
      receive(message),
      "BitmapNotSigned",
    );
  });

  it("when the request would take the other kind of somebody's share: BothShareKinds", () => {
    const bitmap = Uint8Array.of(0b011_1111);
    const signatures = signaturesOver(honest, bitmap, [0, 1, 2, 3, 4, 5]);
    expectRefusal(
      honest,
      state,
      receive({ ...message, segments: [{ ...asked, bitmap, signatures }] }),
      "BothShareKinds",
    );
  });

  const few: readonly { given: string; signatures: Request["segments"][number]["signatures"] }[] = [
    { given: "with a signature too few", signatures: asked.signatures.slice(1) },
    { given: "with none", signatures: [] },
    {
      given: "when one is over another bitmap",
      signatures: [...asked.signatures.slice(0, 4), ...signaturesOver(honest, Uint8Array.of(0b011_1111), [5])],
    },
    {
      given: "when one is of a party that sent no shares",
      signatures: [...asked.signatures.slice(0, 4), ...signaturesOver(honest, asked.bitmap, [6])],
    },
    {
      given: "when the hub forged one",
      signatures: [...asked.signatures.slice(0, 4), { ...asked.signatures[4]!, signature: new Uint8Array(64) }],
    },
    {
      given: "when one is stale, of another plan",
      signatures: [
        ...asked.signatures.slice(0, 4),
        ...signaturesOver(honest, asked.bitmap, [4], new Uint8Array(32).fill(9)),
      ],
    },
    {
      given: "when one is of another segment",
      signatures: [
        ...asked.signatures.slice(0, 4),
        ...message.segments[0]!.signatures.slice(4).map(({ party }) => ({ party, signature: segmentSignature(party) })),
      ],
    },
  ];

  it.each(few)("$given: TooFewSignatures", ({ signatures }) => {
    expectRefusal(honest, state, receive({ ...message, segments: [{ ...asked, signatures }] }), "TooFewSignatures");
  });

  it("when one party is counted twice: the list is no canonical message", () => {
    const segments = [{ ...asked, signatures: [...asked.signatures, asked.signatures[4]!] }];
    expectRefusal(honest, state, receive({ ...message, segments }), "MalformedMessage");
  });

  it("of a segment the setup does not have: UnknownSegment", () => {
    expectRefusal(honest, state, receive({ ...message, segments: [{ ...asked, segment: 8 }] }), "UnknownSegment");
  });

  it("after the round was closed: UnknownRound", () => {
    expectRefusal(honest, honest.last, receive(message), "UnknownRound");
  });

  function segmentSignature(party: number): Uint8Array {
    const rank = roster.roster.findIndex(({ id }) => id === party);
    return signaturesOver(honest, asked.bitmap, [rank], message.planDigest, 9)[0]!.signature;
  }
});

describe("a party refuses a result", () => {
  const { state, message } = recorded<Result>(honest, MessageType.Result);

  it("its aggregator did not sign: SignatureInvalid", () => {
    const segments = message.segments.map((entry) => ({ ...entry, opened: null }));
    expectRefusal(honest, state, receive({ ...message, segments }), "SignatureInvalid");
  });

  it("over other survivors than it signed: ResultMismatch", () => {
    const opened = { ...message.segments[0]!.opened!, bitmap: Uint8Array.of(0b011_1111) };
    const segments = [{ segment: 7, opened }];
    const body = Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 7, 1, 0, 0, 0, 1, ...opened.bitmap, ...opened.sumSha256);
    const transcript = labelled("xsa1/res", message.planDigest, body);
    const signature = suite.signEd25519(roster.aggregator.signingSecret, transcript);
    expectRefusal(honest, state, receive({ ...message, segments, signature }), "ResultMismatch");
  });

  it("and forgets the round's secrets with a good one", () => {
    const step = stepParty(victim.context, state, receive(message));
    expect(step.state.rounds).toEqual([]);
    expect(step.effects[1]).toMatchObject({
      type: "closed",
      segments: [
        { segment: 7, outcome: "Included" },
        { segment: 9, outcome: "Included" },
      ],
    });
  });
});

function signaturesOver(
  round: RecordedRound,
  bitmap: Uint8Array,
  ranks: readonly number[],
  digest?: Uint8Array,
  segment = 7,
) {
  const planDigest = digest ?? recorded<Request>(round, MessageType.UnmaskRequest).message.planDigest;
  const transcript = labelled("xsa1/con", planDigest, Uint8Array.of(0, 0, 0, segment), bitmap);
  return ranks.map((rank) => {
    const { id, context } = round.roster.parties[rank]!;
    return { party: id, signature: suite.signEd25519(context.config.identitySecret, transcript) };
  });
}

function recorded<T extends Message>(round: RecordedRound, type: MessageType): { state: PartyState; message: T } {
  const { state, message } = round.messages.get(type)!;
  return { state, message: message as T };
}

function receive(message: Message): PartyEvent {
  return { type: "receive", message: encodeMessage(message) };
}

function expectRefusal(round: RecordedRound, state: PartyState, event: PartyEvent, want: string): void {
  const step = stepParty(round.victim.context, state, event);
  expect(step.effects).toMatchObject([{ type: "refused", refusal: { reason: want } }]);
  expect(step.state).toBe(state);
}
