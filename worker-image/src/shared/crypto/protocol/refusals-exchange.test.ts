import {
  decodeMessage,
  encodeMessage,
  lowOrderPoints,
  type Message,
  MessageType,
  type PartyEvent,
  type PartyState,
  stepParty,
} from "@tributary/federated";
import { describe, expect, it } from "vitest";
import { createRoster } from "./memory-round.ts";
import { anHonestRound, aPlan, aSetup, idsOf, labelled, recordRound, signedPlan } from "./round-fixtures.ts";
import { createSeededSuite } from "./seeded-suite.ts";

type Of<T extends MessageType> = Extract<Message, { readonly type: T }>;
type KeyList = Of<typeof MessageType.KeyList>;
type Advertise = Of<typeof MessageType.Advertise>;
type Delivery = Of<typeof MessageType.ShareDelivery>;

const suite = createSeededSuite("exchange refusals");
const honest = anHonestRound(suite, 4);
const stale = anHonestRound(suite, 4);
const { victim, roster, setup } = honest;
const [own, colluder] = roster.parties as [typeof victim, typeof victim];

describe("a party refuses a key list", () => {
  const { state, message } = recorded<KeyList>(MessageType.KeyList);
  const advertised = message.advertised.map((bytes) => decodeMessage(bytes) as Advertise);
  const colluding = advertised.find((keys) => keys.party === colluder.id)!;
  const other = advertised[2]!;

  const table: readonly { given: string; list: KeyList; want: string }[] = [
    { given: "without its own keys", list: { ...message, members: message.members.slice(1) }, want: "OwnKeyMissing" },
    { given: "with other keys under its name", list: withKeys(forged(own.id)), want: "OwnKeyMissing" },
    { given: "with keys the hub made for a party", list: withKeys(forged(other.party)), want: "SignatureInvalid" },
    { given: "with keys signed for another round", list: withKeys(staleKeys(other.party)), want: "SignatureInvalid" },
    {
      given: "with a share key advertised twice",
      list: withKeys(signedBy(colluder, { ...colluding, shareKey: other.shareKey })),
      want: "DuplicateKey",
    },
    {
      given: "with a mask key advertised twice",
      list: withKeys(signedBy(colluder, { ...colluding, maskKeys: other.maskKeys })),
      want: "DuplicateKey",
    },
    {
      given: "with its own share key under another name",
      list: withKeys(signedBy(colluder, { ...colluding, shareKey: advertised[0]!.shareKey })),
      want: "DuplicateKey",
    },
    {
      given: "with another party's keys under a party's name",
      list: withKeys({ ...advertised[3]!, party: other.party }),
      want: "SignatureInvalid",
    },
    {
      given: "with two parties' keys in each other's place",
      list: { ...message, advertised: [0, 1, 3, 2].map((rank) => message.advertised[rank]!) },
      want: "MalformedMessage",
    },
    {
      given: "with a party's keys twice",
      list: { ...message, advertised: [...message.advertised, message.advertised[3]!] },
      want: "MalformedMessage",
    },
    {
      given: "with too few mask keys",
      list: withKeys(signedBy(colluder, { ...colluding, maskKeys: colluding.maskKeys.slice(32) })),
      want: "MalformedMessage",
    },
    { given: "of two parties", list: cut(2), want: "TooFewParties" },
    {
      given: "with keys other than the listed ones",
      list: { ...message, advertised: withKeys(forged(other.party)).advertised },
      want: "UnknownParty",
    },
    {
      given: "that leaves out a neighbour's keys",
      list: { ...message, advertised: message.advertised.slice(0, 3) },
      want: "UnknownParty",
    },
    {
      given: "with a party outside the roster",
      list: { ...message, members: [...message.members, { party: 99_999, sha256: new Uint8Array(32) }] },
      want: "UnknownParty",
    },
    {
      given: "with something else than keys",
      list: { ...message, advertised: [encodeMessage(message)] },
      want: "MalformedMessage",
    },
    { given: "of another setup", list: { ...message, setupDigest: new Uint8Array(32) }, want: "UnknownRound" },
  ];

  it.each(table)("$given: $want", ({ list, want }) => {
    expectRefusal(state, receive(list), want);
  });

  it.each(lowOrderPoints().map((point, index) => ({ point, index })))(
    "with low-order point $index as share or mask key: LowOrderPoint",
    ({ point }) => {
      const maskKeys = Uint8Array.from([...point, ...colluding.maskKeys.slice(32)]);
      expectRefusal(state, receive(withKeys(signedBy(colluder, { ...colluding, shareKey: point }))), "LowOrderPoint");
      expectRefusal(state, receive(withKeys(signedBy(colluder, { ...colluding, maskKeys }))), "LowOrderPoint");
    },
  );

  it("that differs from the one it shared its secrets for: KeysChanged", () => {
    const accepted = stepParty(victim.context, state, receive(message));
    expectRefusal(accepted.state, receive(cut(3)), "KeysChanged");
    expect(stepParty(victim.context, accepted.state, receive(message)).effects).toEqual(accepted.effects.slice(1));
  });

  function withKeys(changed: Advertise): KeyList {
    const bytes = encodeMessage(changed);
    const place = message.members.findIndex(({ party }) => party === changed.party);
    return {
      ...message,
      members: message.members.map((member, index) =>
        index === place ? { ...member, sha256: suite.sha256(bytes) } : member,
      ),
      advertised: message.advertised.map((keys, index) => (index === place ? bytes : keys)),
    };
  }

  function cut(parties: number): KeyList {
    return { ...message, members: message.members.slice(0, parties), advertised: message.advertised.slice(0, parties) };
  }

  function forged(party: number): Advertise {
    const keys = advertised.find((entry) => entry.party === party)!;
    return { ...keys, shareKey: suite.x25519PublicKey(suite.randomBytes(32)) };
  }

  function staleKeys(party: number): Advertise {
    const list = stale.messages.get(MessageType.KeyList)!.message as KeyList;
    const rank = list.members.findIndex((member) => member.party === party);
    return { ...(decodeMessage(list.advertised[rank]!) as Advertise), setupDigest: message.setupDigest };
  }

  function signedBy(party: typeof victim, keys: Advertise): Advertise {
    const transcript = labelled(
      "xsa1/adv",
      keys.setupDigest,
      u32(keys.party),
      keys.shareKey,
      suite.sha256(keys.maskKeys),
    );
    return { ...keys, signature: suite.signEd25519(party.context.config.identitySecret, transcript) };
  }
});

describe("a party refuses a delivery of shares", () => {
  const { state, message } = recorded<Delivery>(MessageType.ShareDelivery);
  const table: readonly { given: string; delivery: Delivery; want: string }[] = [
    {
      given: "that says its own shares are missing",
      delivery: { ...message, senders: Uint8Array.of(0b1110) },
      want: "OwnKeyMissing",
    },
    { given: "from two parties", delivery: { ...message, senders: Uint8Array.of(0b0011) }, want: "TooFewParties" },
    {
      given: "with bits beyond the roster",
      delivery: { ...message, senders: Uint8Array.of(0b11111) },
      want: "MalformedMessage",
    },
    {
      given: "that keeps a neighbour's shares back",
      delivery: { ...message, sealed: message.sealed.slice(1) },
      want: "UnknownParty",
    },
    { given: "of another setup", delivery: { ...message, setupDigest: new Uint8Array(32) }, want: "UnknownRound" },
  ];

  it.each(table)("$given: $want", ({ delivery, want }) => {
    expectRefusal(state, receive(delivery), want);
  });

  it("before the key list: StageNotReached", () => {
    expectRefusal(recorded<KeyList>(MessageType.KeyList).state, receive(message), "StageNotReached");
  });

  it("that names a sender who never advertised: UnknownParty", () => {
    const dropped = anHonestRound(createSeededSuite("dropped advert"), 5, { 4: "Advertise" });
    const before = dropped.messages.get(MessageType.ShareDelivery)!;
    const delivery = { ...(before.message as Delivery), senders: Uint8Array.of(0b11111) };
    const step = stepParty(dropped.victim.context, before.state, receive(delivery));
    expect(step.effects).toMatchObject([{ type: "refused", refusal: { reason: "UnknownParty" } }]);
  });

  it("that differs from the one it masks for: DeliveryChanged", () => {
    const accepted = stepParty(victim.context, state, receive(message));
    expectRefusal(
      accepted.state,
      receive({ ...message, sealed: message.sealed.toReversed().slice(1).toReversed() }),
      "DeliveryChanged",
    );
  });

  it("in nothing else: a sealed share that does not open is reported and the round goes on", () => {
    const sealed = message.sealed.map((entry, index) =>
      index === 0 ? { ...entry, bytes: entry.bytes.map((byte) => byte ^ 1) } : entry,
    );
    const step = stepParty(victim.context, state, receive({ ...message, sealed }));
    expect(step.effects.slice(0, 2)).toEqual([{ type: "persist" }, { type: "shareUnreadable", sender: colluder.id }]);
  });
});

describe("a party refuses a plan", () => {
  const { state } = recorded<Of<typeof MessageType.Plan>>(MessageType.Plan);
  const plan = aPlan(roster, setup);

  it("its aggregator did not sign: SignatureInvalid", () => {
    const message = signedPlan(roster, setup, plan);
    message[message.length - 1]! ^= 1;
    expectRefusal(state, { type: "receive", message }, "SignatureInvalid");
  });

  it("whose steps do not fit the segments: StepTableInvalid", () => {
    for (const stepExponents of [
      [[-20]],
      [[-20], [-4, -4]],
      [[-20], []],
      [[97], [-4]],
      [[-20], [-97]],
      [[32_767], [-4]],
    ]) {
      const message = signedPlan(roster, setup, { ...plan, stepExponents });
      expectRefusal(state, { type: "receive", message }, "StepTableInvalid");
    }
  });

  it("with another model than the one it accepted: PlanChanged", () => {
    const accepted = stepParty(victim.context, state, { type: "receive", message: signedPlan(roster, setup, plan) });
    const altered = signedPlan(roster, setup, aPlan(roster, setup, "another model"));
    expectRefusal(accepted.state, { type: "receive", message: altered }, "PlanChanged");
  });
});

it("parties that were given different models never learn each other's plan: UnknownRound", () => {
  const other = createRoster(createSeededSuite("altered model"), idsOf(4), 2);
  const otherSetup = aSetup(other);
  const round = recordRound(other, otherSetup, aPlan(other, otherSetup, "one model"));
  const before = round.messages.get(MessageType.Plan)!;
  const message = signedPlan(other, otherSetup, aPlan(other, otherSetup, "another model"));
  const misled = stepParty(round.victim.context, before.state, { type: "receive", message });
  const bitmaps = round.messages.get(MessageType.SurvivorBitmaps)!.message;
  const step = stepParty(round.victim.context, misled.state, receive(bitmaps));
  expect(step.effects).toMatchObject([{ type: "refused", refusal: { reason: "UnknownRound" } }]);
});

describe("a party refuses an input", () => {
  const ready = recorded<Delivery>(MessageType.SurvivorBitmaps).state;
  const planDigest = ready.rounds[0]!.plan!.digest;
  const sha256 = new Uint8Array(32).fill(1);

  it("with other values than it masked before: InputChanged", () => {
    expectRefusal(ready, { type: "inputReady", planDigest, segment: 7, plainSha256: sha256 }, "InputChanged");
    expectRefusal(ready, { type: "inputStored", planDigest, segment: 7, sha256, sizeBytes: 36 }, "InputChanged");
  });

  it("of a segment the setup does not have: UnknownSegment", () => {
    expectRefusal(ready, { type: "inputReady", planDigest, segment: 8, plainSha256: sha256 }, "UnknownSegment");
    expectRefusal(ready, { type: "inputStored", planDigest, segment: 8, sha256, sizeBytes: 36 }, "UnknownSegment");
  });

  it("before it holds shares, or stored before it was masked", () => {
    const { state } = recorded<Delivery>(MessageType.ShareDelivery);
    expectRefusal(state, { type: "inputReady", planDigest, segment: 7, plainSha256: sha256 }, "StageNotReached");
    const delivered = stepParty(
      victim.context,
      state,
      receive(recorded<Delivery>(MessageType.ShareDelivery).message),
    ).state;
    expectRefusal(delivered, { type: "inputStored", planDigest, segment: 7, sha256, sizeBytes: 36 }, "NotPrepared");
  });

  it("of a plan it does not know: UnknownRound", () => {
    expectRefusal(ready, { type: "inputReady", planDigest: sha256, segment: 7, plainSha256: sha256 }, "UnknownRound");
  });
});

it("a message for the aggregator, or no message at all, is refused: MalformedMessage", () => {
  const { state, message } = recorded<KeyList>(MessageType.KeyList);
  expectRefusal(state, { type: "receive", message: message.advertised[0]! }, "MalformedMessage");
  expectRefusal(state, { type: "receive", message: Uint8Array.of(1, 99) }, "MalformedMessage");
  expectRefusal(state, { type: "open", message: encodeMessage(message), enrolled: [] }, "MalformedMessage");
});

function recorded<T extends Message>(type: MessageType): { state: PartyState; message: T } {
  const { state, message } = honest.messages.get(type)!;
  return { state, message: message as T };
}

function receive(message: Message): PartyEvent {
  return { type: "receive", message: encodeMessage(message) };
}

function expectRefusal(state: PartyState, event: PartyEvent, want: string): void {
  const step = stepParty(victim.context, state, event);
  expect(step.effects).toMatchObject([{ type: "refused", refusal: { reason: want } }]);
  expect(step.state).toBe(state);
}

function u32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}
