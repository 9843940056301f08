import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bitmapOf, encodeMessage, MessageType, Protocol, planDigest, setupDigest } from "@tributary/federated";
import { createLogger, systemClock, TributaryError } from "@tributary/kit";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { SEATS, type SeatedWorker, speakRound, trustOfParty1 } from "../../shared/terms/testing/honest-round.ts";
import { VouchingMembers } from "../../shared/terms/testing/vouched-workers.ts";
import { parsePolicy } from "../../shared/trust/policy.ts";
import { partiesByTrust } from "../gate/masked-parties.ts";
import { noMember } from "../gate/member-voice.ts";
import { recordAtGate } from "../gate/record-sums.ts";
import { trustingMember } from "../gate/testing/trusting-member.ts";
import type { MemberTrust } from "../gate/verify-trust.ts";
import { TrainerDesk } from "../trainer/trainer-desk.ts";
import { Agreements } from "./agreements.ts";
import { HeldIntegers } from "./held-integers.ts";
import type { AttemptId, PartyMachine } from "./party-machine.ts";
import { RoundDesk } from "./round-desk.ts";

const log = createLogger("masked-desk.test", "silent");
const attempt = { round: 3, attempt: 1 };
const next = { round: 4, attempt: 1 };
const dataNames = [1, 2, 3].map((fill) => new Uint8Array(36).fill(fill));

let members: VouchingMembers;
let workers: readonly SeatedWorker[];
let volume: string;
/** What was posted to the machine, and what the hub was told. */
let posted: { type: string; message?: number | undefined; enrolled?: number; policy?: object | undefined }[];
let told: { code: string; message: string }[];
/** Answers of the gate in turn: an empty text is a yes, the last holds. */
let answers: (string | TributaryError)[];
let recorded: number;
let stated: (patienceMs: number, signal: AbortSignal) => Promise<MemberTrust>;
let isOpen: boolean;
let isStarted: boolean;
/** By the clock that judges certificates. */
let nowMs: number;
let isRefused: boolean;
let signed: { segment: number; bitmap: Uint8Array }[];

beforeAll(async () => {
  members = await VouchingMembers.create(Date.now());
  workers = await members.all();
});
beforeEach(async () => {
  volume = await mkdtemp(join(tmpdir(), "masked-desk-"));
  await mkdir(join(volume, "reports"));
  [posted, told, answers, recorded, isOpen, isRefused, signed] = [[], [], [""], 0, false, false, []];
  [isStarted, nowMs] = [false, Date.now()];
  stated = async () => ({ peers: members.peers, policy: masking });
});
afterEach(() => rm(volume, { recursive: true, force: true }));

const masking = parsePolicy("policy.json", '{"version":1,"protocols":["Masking"],"minOrganisations":3}');

const away = new TributaryError("GATE_UNREACHABLE", "away");

const speak = (change: object = {}) => speakRound({ ...attempt, protocol: Protocol.Masking, workers, ...change });

/** What of an event a test looks at. */
interface PostedEvent {
  readonly type: string;
  readonly message?: Uint8Array;
  readonly enrolled?: readonly unknown[];
  readonly policy?: object;
}

async function aDesk(spoken = speak(), voice = {}): Promise<RoundDesk> {
  const trust = trustOfParty1({ workers });
  const digest = digestOf(spoken);
  const machine = {
    post: async ({ type, message, enrolled, policy }: PostedEvent) => {
      posted.push({
        type,
        message: message?.[1],
        ...(enrolled !== undefined && { enrolled: enrolled.length, policy }),
      });
    },
    seedOf: () => undefined,
    isOpen: () => isOpen,
    isStarted: () => isStarted,
    setupOf: ({ round }: AttemptId) => new Uint8Array(32).fill(round),
    presentStart: spoken.plan.modelSha256,
    signingOf: (asked: Uint8Array) => (Buffer.compare(asked, digest) === 0 ? { dataNames, signed } : undefined),
    wouldRefuse: () => isRefused,
  };
  const ask = async () => {
    const answer = answers[Math.min(recorded++, answers.length - 1)]!;
    if (answer instanceof TributaryError) throw answer;
    return { refusal: answer };
  };
  const clock = { ...systemClock, sleep: (_: number, signal?: AbortSignal) => systemClock.sleep(1, signal) };
  return new RoundDesk({
    member: {
      ...trustingMember,
      partiesOf: partiesByTrust({
        trustOf: (patienceMs, signal) => stated(patienceMs, signal),
        member: "m0",
        partyId: 1,
        clock: { nowMs: () => nowMs },
      }),
      record: recordAtGate({ ask, clock, log }),
      ...voice,
    },
    desk: new TrainerDesk(log, 1_000, async () => {}),
    ...{ log, trust, crypto: trust.crypto, jobUid: "job", partyId: 1, crash: () => {} },
    ...{ volumeDirectory: volume, memoryDirectory: volume, held: new HeldIntegers() },
    tensors: () => {
      throw new Error("nothing is sent");
    },
    agreements: await Agreements.open(volume, trust.crypto),
    machine: () => machine as unknown as PartyMachine,
    fail: async (_, why) => void told.push(why),
  });
}

function digestOf({ setup, plan }: ReturnType<typeof speak>): Uint8Array {
  const { crypto } = trustOfParty1();
  return planDigest(crypto, setupDigest(crypto, setup), plan);
}

/** A desk in a round of which nothing is signed. */
async function aStartedDesk(): Promise<RoundDesk> {
  const spoken = speak();
  const desk = await aDesk(spoken);
  await desk.open(attempt, spoken.opened);
  await desk.start(attempt, spoken.started);
  posted = [];
  return desk;
}

const everybody = bitmapOf([0, 1, 2], SEATS);
const UPDATE = 0;

const announce = (desk: RoundDesk, bitmap = everybody) => {
  const bitmaps = [{ segment: UPDATE, bitmap }];
  const message = encodeMessage({ type: MessageType.SurvivorBitmaps, planDigest: digestOf(speak()), bitmaps });
  return desk.receive(attempt, message);
};
const unmask = (desk: RoundDesk) =>
  desk.receive(
    attempt,
    encodeMessage({ type: MessageType.UnmaskRequest, planDigest: digestOf(speak()), segments: [] }),
  );

const [SURVIVORS, UNMASK] = [MessageType.SurvivorBitmaps, MessageType.UnmaskRequest];
const handed = () => posted.map(({ message }) => message);

describe("a masked round that is opened", () => {
  it("is of the parties that their members vouch for, and asked of by the policy as it is then", async () => {
    const desk = await aDesk();
    await desk.open(attempt, speak().opened);
    const policy = { allowUnmasked: false, minOrganisations: 3 };
    expect(posted).toEqual([{ type: "open", message: MessageType.Setup, enrolled: 3, policy }]);
  });

  it("is refused by name where seats show no chain", async () => {
    const mute = workers.map((worker) => ({ ...worker, chainDer: [] }));
    await (await aDesk()).open(attempt, speak({ workers: mute }).opened);
    const message = expect.stringMatching(/^ChainRefused: seat 1 /u);
    expect([posted, told]).toEqual([[], [{ code: "TERMS_REFUSED", message }]]);
  });

  it.each(["PEERS_INVALID", "GATE_UNREACHABLE"] as const)(
    "is refused while nobody says whom to trust: %s",
    async (code) => {
      stated = () => Promise.reject(new TributaryError(code, "as the test says"));
      await (await aDesk()).open(attempt, speak().opened);
      expect([posted, told.map((why) => why.code)]).toEqual([[], [code]]);
    },
  );

  it("is refused by name without a gate, where one in clear is not", async () => {
    const desk = await aDesk(speak(), noMember);
    await desk.open(attempt, speak().opened);
    expect(told).toMatchObject([{ code: "TERMS_REFUSED", message: expect.stringMatching(/^TrustMissing: /u) }]);
    await desk.open(attempt, speak({ protocol: Protocol.None }).opened);
    expect(posted).toEqual([{ type: "open", message: MessageType.Setup, enrolled: 3, policy: undefined }]);
  });

  it("is not judged again once the machine has taken it, however long ago: certificates have ended meanwhile", async () => {
    isOpen = true;
    stated = () => Promise.reject(away);
    await (await aDesk()).open(attempt, speak().opened);
    expect([told, posted.map(({ type }) => type)]).toEqual([[], ["open"]]);
  });
});

describe("a masked round that is opened beside one that has started", () => {
  it("waits for the gate alone: the other one's survivors are signed meanwhile, and its own start is after it", async () => {
    const desk = await aStartedDesk();
    const gate = Promise.withResolvers<MemberTrust>();
    stated = () => gate.promise;
    const { opened, started } = speak(next);
    await desk.open(next, opened);
    await announce(desk);
    expect(handed()).toEqual([SURVIVORS]);
    const starting = desk.start(next, started);
    await unmask(desk);
    expect(handed()).toEqual([SURVIVORS, UNMASK]);
    gate.resolve({ peers: members.peers, policy: masking });
    await starting;
    expect(handed()).toEqual([SURVIVORS, UNMASK, MessageType.Setup, undefined, MessageType.Plan]);
    expect(told).toEqual([]);
  });

  it("waits for a gate that is away when it starts as long as a round that is opened then", async () => {
    const desk = await aStartedDesk();
    const gone = Promise.withResolvers<MemberTrust>();
    const asked: number[] = [];
    stated = async (patienceMs) => {
      asked.push(patienceMs);
      return asked.length === 1 ? gone.promise : { peers: members.peers, policy: masking };
    };
    const { opened, started } = speak(next);
    await desk.open(next, { ...opened, remainingMs: 8_000n });
    const starting = desk.start(next, { ...started, remainingMs: 80_000n });
    gone.reject(away);
    await starting;
    expect([handed(), told]).toEqual([[MessageType.Setup, undefined, MessageType.Plan], []]);
    // An eighth of the time that is left, at the opening and at the start.
    expect(asked.slice(0, 2).map((patienceMs) => Math.ceil(patienceMs / 100))).toEqual([10, 100]);
  });

  it("is refused where its gate is away and it does not start meanwhile, and is not started later", async () => {
    const desk = await aStartedDesk();
    stated = () => Promise.reject(away);
    const { opened, started } = speak(next);
    await desk.open(next, opened);
    await vi.waitFor(() => expect(told).toMatchObject([{ code: "GATE_UNREACHABLE" }]));
    await announce(desk);
    stated = async () => ({ peers: members.peers, policy: masking });
    await desk.start(next, started);
    expect([handed(), told.length]).toEqual([[SURVIVORS], 1]);
  });

  it("is judged again when it starts, by the certificates and the policy of then", async () => {
    const desk = await aStartedDesk();
    const { opened, started } = speak(next);
    await desk.open(next, opened);
    const policy = parsePolicy("policy.json", '{"version":1,"protocols":["Masking"],"minOrganisations":4}');
    stated = async () => ({ peers: members.peers, policy });
    await desk.start(next, started);
    expect(posted[1]).toMatchObject({ type: "judge", enrolled: 3, policy: { minOrganisations: 4 } });
  });

  it.each([
    { given: "its own start", remainingMs: 8_000n, isShort: true },
    { given: "the opening, where the start says nothing", remainingMs: 0n, isShort: false },
  ])("has time as said by $given", async ({ remainingMs, isShort }) => {
    let patience = 0;
    const admit = async (_: object, patienceMs: number) => {
      patience = patienceMs;
    };
    const desk = await aDesk(speak(), { admit });
    await desk.open(attempt, speak().opened);
    await desk.start(attempt, { ...speak().started, remainingMs });
    // The gate is asked for a share of what is left.
    expect([patience > 0, patience < 2_000]).toEqual([true, isShort]);
  });

  it("does not start with certificates that have ended meanwhile", async () => {
    const desk = await aStartedDesk();
    const { opened, started } = speak(next);
    await desk.open(next, opened);
    nowMs += 3_600_000;
    await desk.start(next, started);
    const message = expect.stringMatching(/^ChainRefused: seat 1 /u);
    expect([handed(), told]).toEqual([[MessageType.Setup], [{ code: "TERMS_REFUSED", message }]]);
  });

  it.each([
    { given: "has no plan yet", isPlanned: false, want: ["open", "judge", "receive"] },
    { given: "has its plan", isPlanned: true, want: ["open", "receive"] },
  ])("and again by a process that found it open: it $given", async ({ isPlanned, want }) => {
    [isOpen, isStarted] = [true, isPlanned];
    const desk = await aDesk();
    await desk.open(attempt, speak().opened);
    await desk.start(attempt, speak().started);
    expect(posted.map(({ type }) => type)).toEqual(want);
  });

  it("and where its start comes long after its opening, whatever was in work meanwhile", async () => {
    const desk = await aDesk();
    await desk.open(attempt, speak().opened);
    const later = systemClock.monotonicMs() + 31_000;
    const clock = vi.spyOn(systemClock, "monotonicMs").mockReturnValue(later);
    await desk.start(attempt, speak().started).finally(() => clock.mockRestore());
    expect([told, posted.map(({ type }) => type)]).toEqual([[], ["open", "judge", "receive"]]);
  });

  it("is not started by the plan that comes with another one's start", async () => {
    const desk = await aStartedDesk();
    await desk.open(next, speak(next).opened);
    await desk.start(attempt, { ...speak().started, plan: speak(next).started.plan });
    expect([handed(), told]).toMatchObject([[MessageType.Setup], [{ code: "PROTOCOL_REFUSED" }]]);
  });

  it("is refused alone: the one that has started goes on", async () => {
    const desk = await aStartedDesk();
    const mute = workers.map((worker) => ({ ...worker, chainDer: [] }));
    const { opened, started } = speak({ ...next, workers: mute });
    await desk.open(next, opened);
    expect(told).toMatchObject([{ code: "TERMS_REFUSED" }]);
    await announce(desk);
    expect(handed()).toEqual([SURVIVORS]);
    await desk.start(next, started);
    expect(handed()).toEqual([SURVIVORS]);
  });

  it("ends with its opening when it is closed unused, and the machine forgets it", async () => {
    const desk = await aStartedDesk();
    stated = (_, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const { opened, started } = speak(next);
    await desk.open(next, opened);
    desk.close(next, false);
    await vi.waitFor(() => expect(posted).toEqual([{ type: "forget" }]));
    await desk.start(next, started);
    await announce(desk);
    expect(handed()).toEqual([undefined, SURVIVORS]);
  });
});

describe("survivors of a masked round", () => {
  it("are signed once the gate remembers them, and what comes meanwhile waits behind them", async () => {
    const desk = await aStartedDesk();
    answers = [...Array<TributaryError>(20).fill(away), ""];
    await announce(desk);
    await unmask(desk);
    expect(posted).toEqual([]);
    await vi.waitFor(() => expect(handed()).toEqual([SURVIVORS, UNMASK]), 10_000);
    expect([recorded, told]).toEqual([21, []]);
  });

  it("are not signed once their attempt has ended while the gate is away, and nobody is told", async () => {
    const desk = await aStartedDesk();
    answers = [away];
    await announce(desk);
    desk.close(attempt, true);
    await unmask(desk);
    await vi.waitFor(() => expect(handed()).toEqual([UNMASK]), 10_000);
    expect(told).toEqual([]);
  });

  it("are not signed once another attempt starts, which the machine hears of after all that came before", async () => {
    const desk = await aStartedDesk();
    answers = [away];
    await announce(desk);
    await unmask(desk);
    const { opened, started } = speak(next);
    await desk.open(next, opened);
    expect(handed()).toEqual([MessageType.Setup]);
    await desk.start(next, started);
    expect(handed()).toEqual([MessageType.Setup, UNMASK, undefined, MessageType.Plan]);
    expect(told).toEqual([]);
  });

  it.each([
    { given: "says no", answer: "too near", code: "DIFFERENCE_OF_JOBS" },
    { given: "has no room", answer: new TributaryError("GATE_MEMORY_FULL", "full"), code: "GATE_MEMORY_FULL" },
  ])("are not signed when the gate $given: $code", async ({ answer, code }) => {
    const desk = await aStartedDesk();
    answers = [answer];
    await announce(desk);
    await vi.waitFor(() => expect(told.map((why) => why.code)).toEqual([code]), 10_000);
    expect(posted).toEqual([]);
    await unmask(desk);
    expect(handed()).toEqual([UNMASK]);
  });

  it("that were signed are signed again, and shares for them go out, whatever the gate says now", async () => {
    const desk = await aStartedDesk();
    [answers, signed] = [["too near"], [{ segment: UPDATE, bitmap: everybody }]];
    await announce(desk);
    await unmask(desk);
    expect([handed(), recorded, told]).toEqual([[SURVIVORS, UNMASK], 0, []]);
  });

  it("that the machine refuses are not remembered", async () => {
    const desk = await aStartedDesk();
    isRefused = true;
    await announce(desk);
    expect([handed(), recorded]).toEqual([[SURVIVORS], 0]);
  });

  it("are remembered nowhere in a round without masks", async () => {
    const clear = speak({ protocol: Protocol.None });
    const desk = await aDesk(clear);
    await desk.open(attempt, clear.opened);
    await desk.start(attempt, clear.started);
    const bitmaps = [{ segment: UPDATE, bitmap: everybody }];
    await desk.receive(attempt, encodeMessage({ type: SURVIVORS, planDigest: digestOf(clear), bitmaps }));
    expect([handed().at(-1), recorded]).toEqual([SURVIVORS, 0]);
  });
});
