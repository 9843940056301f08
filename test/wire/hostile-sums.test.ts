import { bitmapOf, decodeMessage, encodeMessage, type Message, MessageType } from "@tributary/federated";
import { createNodeCryptoSuite } from "@tributary/worker-image";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { until } from "../support/until.ts";
import type { HubSeat, MaskedLie } from "./support/lying-aggregator/hostile-hub.ts";
import { type HostileJob, startHostileJob } from "./support/lying-aggregator/hostile-job.ts";
import { type Lie, setupOf } from "./support/lying-aggregator/lie.ts";
import { WireMembers } from "./support/members/wire-members.ts";

type Of<T extends MessageType> = Extract<Message, { readonly type: T }>;

const SEATS = [2, 1, 1];
/** Two segments of tensors. */
const VALUES = 2 ** 20 + 3_000;
const crypto = createNodeCryptoSuite();
let members: WireMembers;
let present: HostileJob;
let victim: HubSeat;

beforeAll(async () => {
  members = await WireMembers.start(SEATS.length, { protocols: ["Masking"] });
}, 300_000);
afterAll(() => members?.stop());

async function start(values: number): Promise<void> {
  present = await startHostileJob(members, { values, workers: SEATS });
  victim = present.hub.seats[3]!;
}

async function end(): Promise<void> {
  await present?.hub.close();
  await present?.job.destroy();
  await members.removePods();
}

async function openRound(deadlineMs = 16_000n): Promise<number> {
  const { job } = present;
  const { rounds: line } = await job.state();
  await job.openWindow({ from: line, through: line, quorum: 3, deadlineMs });
  return line;
}

/** A set of the four seats, by rank. */
const setOf = (...ranks: number[]) => bitmapOf(ranks, 4);

/** Says a message of one type otherwise. */
function instead<T extends MessageType>(type: T, lie: (message: Of<T>) => readonly Message[]): MaskedLie {
  return { speech: (message) => (message.type === type ? lie(message as Of<T>) : [message]) };
}

const withSets = (message: Of<typeof MessageType.SurvivorBitmaps>, set: (index: number) => Uint8Array): Message => ({
  ...message,
  bitmaps: message.bitmaps.map((one, index) => ({ ...one, bitmap: set(index) })),
});

interface SumLie {
  readonly given: string;
  readonly refusal: string;
  readonly lie: () => MaskedLie;
  /** Types of message that must not have left the worker. */
  readonly kept: readonly MessageType[];
  /** Segments whose survivors it has signed, where it may not have signed those of others. */
  readonly signs?: readonly number[];
}

const SIGNATURE = MessageType.Consistency;
const SHARES = MessageType.UnmaskAnswer;
const SEALED = MessageType.ShareBundle;

/** What of an earlier round was said to the worker. */
const earlier = new Map<number, Message>();

const lies: readonly SumLie[] = [
  {
    given: "another worker's agreement keys are the hub's",
    refusal: "SignatureInvalid: ",
    kept: [SEALED, SIGNATURE, SHARES],
    lie: () =>
      instead(MessageType.KeyList, (list) => [
        withAdvertised(list, (first) => ({ ...first, maskKeys: first.maskKeys.map((byte) => byte ^ 1) })),
      ]),
  },
  {
    given: "another worker's key for shares is the hub's",
    refusal: "SignatureInvalid: ",
    kept: [SEALED, SIGNATURE, SHARES],
    lie: () =>
      instead(MessageType.KeyList, (list) => [
        withAdvertised(list, (first) => ({ ...first, shareKey: crypto.x25519PublicKey(new Uint8Array(32).fill(9)) })),
      ]),
  },
  {
    given: "keys are listed anew without one party",
    refusal: "KeysChanged: ",
    kept: [],
    lie: () =>
      instead(MessageType.KeyList, (list) => [
        list,
        { ...list, members: list.members.slice(1), advertised: list.advertised.slice(1) },
      ]),
  },
  {
    given: "shares are delivered anew without those of one party",
    refusal: "DeliveryChanged: ",
    kept: [],
    lie: () =>
      instead(MessageType.ShareDelivery, (delivery) => [
        delivery,
        { ...delivery, senders: setOf(1, 2, 3), sealed: delivery.sealed.slice(1) },
      ]),
  },
  {
    given: "one half of its update has other survivors than the other",
    refusal: "SurvivorsDiffer: the segments of section update have 2 sets of survivors",
    kept: [SIGNATURE, SHARES],
    lie: () =>
      instead(MessageType.SurvivorBitmaps, (message) => [
        withSets(message, (index) => (index === 0 ? setOf(0, 1, 2, 3) : setOf(1, 2, 3))),
      ]),
  },
  {
    given: "a segment that is announced later has other survivors",
    refusal: "SurvivorsDiffer: the segments of section update have 2 sets of survivors",
    kept: [],
    signs: [0],
    lie: () =>
      instead(MessageType.SurvivorBitmaps, (message) => [
        { ...message, bitmaps: [{ ...message.bitmaps[0]!, segment: 0, bitmap: setOf(0, 1, 2, 3) }] },
        { ...message, bitmaps: [{ ...message.bitmaps[0]!, segment: 1, bitmap: setOf(1, 2, 3) }] },
      ]),
  },
  {
    given: "the survivors are two",
    refusal: "WorkNotShared: fewer than 3 parties",
    kept: [SIGNATURE, SHARES],
    lie: () => instead(MessageType.SurvivorBitmaps, (message) => [withSets(message, () => setOf(0, 3))]),
  },
  {
    given: "other survivors are announced after it signed",
    refusal: "BitmapChanged: ",
    kept: [],
    lie: () => instead(MessageType.SurvivorBitmaps, (message) => [message, withSets(message, () => setOf(1, 2, 3))]),
  },
  {
    given: "both kinds of share of one party are asked for",
    refusal: "BothShareKinds: ",
    kept: [SHARES],
    lie: () =>
      instead(MessageType.UnmaskRequest, (request) => [
        { ...request, segments: request.segments.map((asked) => ({ ...asked, bitmap: setOf(1, 2, 3) })) },
      ]),
  },
  {
    given: "shares are asked for with the signatures of two",
    refusal: "TooFewSignatures: ",
    kept: [SHARES],
    lie: () =>
      instead(MessageType.UnmaskRequest, (request) => [
        {
          ...request,
          segments: request.segments.map((asked) => ({ ...asked, signatures: asked.signatures.slice(0, 2) })),
        },
      ]),
  },
  {
    given: "shares are asked for before it signed",
    refusal: "BitmapNotSigned: ",
    kept: [SIGNATURE, SHARES],
    lie: () =>
      instead(MessageType.SurvivorBitmaps, ({ planDigest, bitmaps }) => [
        {
          type: MessageType.UnmaskRequest,
          planDigest,
          segments: bitmaps.map((one) => ({ ...one, signatures: [] })),
        },
      ]),
  },
  {
    given: "an earlier round's shares are asked for again",
    refusal: "UnknownRound: ",
    kept: [SHARES],
    lie: () => instead(MessageType.UnmaskRequest, () => [earlier.get(MessageType.UnmaskRequest)!]),
  },
];

/** A key list in which the first party's keys are others; the hub has no identity key of that worker to sign them with. */
function withAdvertised(
  list: Of<typeof MessageType.KeyList>,
  change: (first: Of<typeof MessageType.Advertise>) => Of<typeof MessageType.Advertise>,
): Message {
  const first = encodeMessage(change(decodeMessage(list.advertised[0]!) as Of<typeof MessageType.Advertise>));
  const [member, ...others] = list.members;
  return {
    ...list,
    members: [{ ...member!, sha256: crypto.sha256(first) }, ...others],
    advertised: [first, ...list.advertised.slice(1)],
  };
}

/** Segments whose survivors the victim has signed since some message. */
function signedSince(mark: number): number[] {
  return victim.heard
    .slice(mark)
    .flatMap(({ message }) =>
      message.type === MessageType.Consistency ? message.signatures.map(({ segment }) => segment) : [],
    );
}

describe("a worker that a hub lies to about keys, survivors and shares", () => {
  beforeAll(() => start(VALUES), 300_000);
  afterEach(() => {
    for (const seat of present.hub.seats) seat.lie = {};
  });
  afterAll(end);

  it("signs and gives its shares when it is told the truth by the same way", async () => {
    victim.lie = {
      speech: (message) => {
        earlier.set(message.type, message);
        return [message];
      },
    };
    const line = await openRound();
    await present.job.untilState("it is committed", ({ rounds }) => rounds > line);
    expect(victim.typesSince(0)).toEqual(expect.arrayContaining([SEALED, SIGNATURE, SHARES]));
    expect([victim.failures, victim.refusals()]).toEqual([[], []]);
  });

  it.each(lies)("refuses when $given", async ({ refusal, lie, kept, signs }) => {
    const [heard, failures, refusals] = [victim.heard.length, victim.failures.length, victim.refusals().length];
    const said = () => [
      ...victim.failures.slice(failures).map(({ message }) => message),
      ...victim.refusals().slice(refusals),
    ];
    victim.lie = lie();
    const line = await openRound();
    await until("the worker refuses", () => said().some((why) => why.startsWith(refusal)));
    await present.job.untilState("the others commit", ({ rounds }) => rounds > line);
    expect(victim.typesSince(heard).filter((type) => (kept as readonly number[]).includes(type))).toEqual([]);
    if (signs !== undefined) expect(signedSince(heard)).toEqual(signs);
  });

  it("signs nothing when an earlier round's survivors are announced again", async () => {
    const heard = victim.heard.length;
    victim.lie = instead(MessageType.SurvivorBitmaps, () => [earlier.get(MessageType.SurvivorBitmaps)!]);
    const line = await openRound();
    await present.job.untilState("the others commit", ({ rounds }) => rounds > line);
    const types = victim.typesSince(heard);
    expect([types.includes(MessageType.MaskedInput), types.includes(SIGNATURE), types.includes(SHARES)]).toEqual([
      ...[true, false, false],
    ]);
  });

  it.each<{ given: string; lie: Lie }>([
    {
      given: "other terms",
      lie: {
        terms: ({ strategy }) => {
          strategy!.parameters = { serverLearningRate: "0.5" };
        },
      },
    },
    { given: "a roster without one of them", lie: { setup: (setup) => ({ ...setup, roster: setup.roster.slice(1) }) } },
  ])("shares nothing with workers who were told otherwise: $given", async ({ lie }) => {
    const { job, hub } = present;
    const [heard, refusals, before] = [victim.heard.length, victim.refusals().length, victim.opened!.round];
    victim.lie = { opening: lie };
    const line = await openRound();
    await until("all are told", () => hub.seats.every(({ opened }) => opened!.round > before));
    const sent = await Promise.all(hub.seats.map((seat) => seat.untilHeard(MessageType.Advertise)));
    const roster = setupOf(victim.opened!.told.setup).roster.map(({ id }) => id);
    const listed = sent.filter(({ message }) => roster.includes(message.party));
    victim.say({
      type: MessageType.KeyList,
      setupDigest: sent[3]!.message.setupDigest,
      members: listed.map(({ bytes, message }) => ({ party: message.party, sha256: crypto.sha256(bytes) })),
      advertised: listed.map(({ bytes }) => bytes),
    });
    await until("the worker refuses", () =>
      victim
        .refusals()
        .slice(refusals)
        .some((why) => why.startsWith("SignatureInvalid: ")),
    );
    await job.untilState("the others commit", ({ rounds }) => rounds > line);
    expect(victim.typesSince(heard)).toEqual([MessageType.Advertise]);
  });
});

/** Announces survivors to a worker that has sent its masked report. */
async function announce(seat: HubSeat, ...ranks: number[]): Promise<void> {
  const { message } = await seat.untilHeard(MessageType.MaskedInput);
  const { segments } = setupOf(seat.opened!.told.setup);
  await until("the report is whole", () => countHeard(seat, MessageType.MaskedInput) === segments.length);
  const bitmaps = segments.map(({ id: segment }) => ({ segment, bitmap: setOf(...ranks) }));
  seat.say({ type: MessageType.SurvivorBitmaps, planDigest: message.planDigest, bitmaps });
}

/** How many messages of a type left a worker in the round that it was told of last. */
function countHeard(seat: HubSeat, type: MessageType): number {
  return seat.heard.filter(({ message, round }) => message.type === type && round === seat.opened!.round).length;
}

describe("workers whose hub has them sign sums that differ by one", () => {
  afterEach(end);

  it("give nobody's shares when each half of them was told of other survivors", async () => {
    await start(2_101);
    const { seats } = present.hub;
    for (const seat of seats) seat.lie = { deaf: ({ type }) => type !== MessageType.Advertise && type !== SEALED };
    await openRound(60_000n);
    await Promise.all(seats.map((seat, rank) => (rank < 2 ? announce(seat, 0, 1, 2) : announce(seat, 1, 2, 3))));
    const signed = await Promise.all(seats.map((seat) => seat.untilHeard(SIGNATURE)));
    for (const [rank, seat] of seats.entries())
      seat.say(askShares(rank < 2 ? signed.slice(0, 2) : signed.slice(2), rank < 2 ? [0, 1, 2] : [1, 2, 3]));
    await until("all refuse", () =>
      seats.every((seat) => seat.refusals().some((why) => why.startsWith("TooFewSignatures: "))),
    );
    expect(seats.map((seat) => countHeard(seat, SHARES))).toEqual([0, 0, 0, 0]);
  });

  it("sign no second one in another attempt, nor in another pod", async () => {
    await start(2_102);
    const { job, hub } = present;
    const [first, second, third] = hub.seats;
    for (const seat of hub.seats)
      seat.lie = { deaf: ({ type }) => type === MessageType.MaskedInput || type === SIGNATURE };
    await openRound(20_000n);
    const signers = [first!, second!, third!];
    await Promise.all(signers.map((seat) => announce(seat, 0, 1, 2)));
    await Promise.all(signers.map((seat) => seat.untilHeard(SIGNATURE)));
    await Promise.all([third!.worker!.sidecar.kill(), third!.worker!.trainer.kill()]);
    for (const seat of hub.seats) seat.lie = {};
    const replaced = await hub.addWorker(1, 0);
    for (const seat of [first!, second!])
      await until(
        "the worker refuses",
        () => seat.refusals().find((why) => why.startsWith("BitmapTooClose: ")),
        90_000,
      );
    await until("the new pod's worker refuses", () => replaced.failures.length > 0, 60_000);
    expect(replaced.failures[0]).toMatchObject({
      code: "DIFFERENCE_OF_JOBS",
      message: expect.stringContaining("0 of its seats are missing now and 1 are new"),
    });
    expect([first!, second!, replaced].map((seat) => countHeard(seat, SIGNATURE))).toEqual([0, 0, 0]);
    expect((await job.state()).rounds).toBe(0);
  });
});

/** Asks for shares with the signatures of some workers on one set of survivors. */
function askShares(signed: readonly { readonly message: Of<typeof SIGNATURE> }[], ranks: readonly number[]): Message {
  const [{ message }] = signed as [(typeof signed)[number]];
  const segments = message.signatures.map(({ segment }) => ({
    segment,
    bitmap: setOf(...ranks),
    signatures: signed.map((one) => ({
      party: one.message.party,
      signature: one.message.signatures.find((given) => given.segment === segment)!.signature,
    })),
  }));
  return { type: MessageType.UnmaskRequest, planDigest: message.planDigest, segments };
}
