import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeMessage, MessageType, Protocol, planDigest, resultTranscript, setupDigest } from "@tributary/federated";
import { createLogger, TributaryError } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type HonestOptions,
  type SpokenRound,
  signingSecret,
  speakRound,
  trustOfParty1,
} from "../../shared/terms/testing/honest-round.ts";
import { trustingMember } from "../gate/testing/trusting-member.ts";
import { TrainerDesk } from "../trainer/trainer-desk.ts";
import type { TensorClient } from "../wire/tensor-client.ts";
import { Agreements } from "./agreements.ts";
import { HeldIntegers } from "./held-integers.ts";
import { PartyMachine } from "./party-machine.ts";
import { RoundDesk } from "./round-desk.ts";

const trust = trustOfParty1();
const { crypto } = trust;
const log = createLogger("agreed-starts.test", "silent");
const anotherModel = { modelSha256: new Uint8Array(32).fill(2) };

let volume: string;
let desk: RoundDesk;
/** What the hub was told, by the first word. */
let told: string[];
/** Attempts whose survivors the machine was asked to sign. */
let asked: string[];
/** Set while the machine's disk is full. */
let isFull: boolean;

beforeEach(async () => {
  volume = await mkdtemp(join(tmpdir(), "agreed-"));
  [told, asked, isFull] = [[], [], false];
  await startSidecar();
});
afterEach(async () => {
  desk.stop();
  await rm(volume, { recursive: true, force: true });
});

/** A real machine and desk on what a former process left in the memory volume. */
async function startSidecar(): Promise<void> {
  const machine = await PartyMachine.open({
    crypto,
    config: {
      jobUid: "job",
      identitySecret: new Uint8Array(32).fill(1),
      aggregatorKey: trust.aggregatorKey,
      policy: { allowUnmasked: true, minOrganisations: 1, corruptRatio: 0.05, dropRatio: 0.05 },
    },
    memoryDirectory: volume,
    log,
    send: async () => {},
    onEffect: (effect) => desk.take(effect),
    onBroken: () => {},
  });
  const post = machine.post.bind(machine);
  machine.post = async (event) => {
    if (isFull) throw new TributaryError("STORAGE_FULL", "STORAGE_FULL: the memory volume is full");
    if (event.type === "receive" && event.message[1] === MessageType.SurvivorBitmaps)
      asked.push(Buffer.from(event.message.subarray(2, 6)).toString("hex"));
    return post(event);
  };
  const never = { fetch: () => new Promise(() => {}) } as unknown as TensorClient;
  desk = new RoundDesk({
    member: trustingMember,
    desk: new TrainerDesk(log, 1_000, async () => {}),
    crypto,
    log,
    crash: () => {},
    volumeDirectory: volume,
    memoryDirectory: volume,
    held: new HeldIntegers(),
    tensors: () => never,
    trust,
    agreements: await Agreements.open(volume, crypto),
    jobUid: "job",
    partyId: 1,
    machine: () => machine,
    fail: async (_, { message }) => void told.push(message.split(":")[0]!),
  });
}

const idOf = ({ setup: { round, attempt } }: SpokenRound) => ({ round, attempt });

async function open(spoken: SpokenRound, started = spoken.started): Promise<void> {
  await desk.open(idOf(spoken), spoken.opened);
  await desk.start(idOf(spoken), started);
}

/** Announces survivors of a round; true when the machine was asked to sign them. */
async function announce({ setup, plan }: SpokenRound, envelope = { round: setup.round, attempt: setup.attempt }) {
  const before = asked.length;
  const digest = planDigest(crypto, setupDigest(crypto, setup), plan);
  await desk.receive(envelope, encodeMessage({ type: MessageType.SurvivorBitmaps, planDigest: digest, bitmaps: [] }));
  return asked.length > before;
}

/** The hub says that a round is over. */
async function endRound({ setup, plan }: SpokenRound): Promise<void> {
  const digest = planDigest(crypto, setupDigest(crypto, setup), plan);
  const signature = crypto.signEd25519(signingSecret, resultTranscript(digest, []));
  const result = encodeMessage({ type: MessageType.Result, planDigest: digest, segments: [], signature });
  await desk.receive({ round: setup.round, attempt: setup.attempt }, result);
}

async function keptStart(): Promise<string> {
  const bytes = await readFile(join(volume, "agreements.json"), "utf8");
  return (JSON.parse(bytes) as { clear: { startSha256: string } }).clear.startSha256;
}

const speak = (attempt: number, options: HonestOptions = {}) => speakRound({ round: 3, attempt, ...options });

describe("a worker signs survivors of the round that it was started in, and on one start under one agreement", () => {
  it("also over a restart of its sidecar", async () => {
    const [first, second, other] = [speak(1), speak(2), speak(3, { localSteps: 3 })];
    await open(first);
    expect(await announce(first)).toBe(true);
    await open(second);
    expect(await announce(second)).toBe(true);
    await startSidecar();
    await open(other);
    expect([await announce(other), told]).toEqual([false, ["TermsChanged"]]);
  });

  it("and takes other terms once another model was started and agreed to", async () => {
    const [first, next] = [speak(1), speakRound({ round: 4, localSteps: 3, ...anotherModel })];
    await open(first);
    await announce(first);
    await open(next);
    expect([await announce(next), told]).toEqual([true, []]);
  });

  it("and forgets none for a start whose plan its machine refused", async () => {
    const [first, broken, third] = [speak(1), speak(2, anotherModel), speak(3, { localSteps: 3 })];
    await open(first);
    await announce(first);
    const kept = await keptStart();
    const { plan } = broken.started;
    const forged = { ...broken.started, plan: plan.with(plan.length - 1, plan.at(-1)! ^ 1) };
    await open(broken, forged);
    expect([await announce(broken), told]).toEqual([false, ["SignatureInvalid"]]);
    expect(await keptStart()).toBe(kept);
    await open(third);
    expect([await announce(third), told.at(-1)]).toEqual([false, "TermsChanged"]);
  });

  it("and none for a round on a start that it has left", async () => {
    const [first, second] = [speak(1), speak(2, { localSteps: 3 })];
    const next = speakRound({ round: 4, ...anotherModel });
    await open(first);
    await open(second);
    await open(next);
    await open(second);
    expect([await announce(second), asked]).toEqual([false, []]);
  });
});

describe("a worker that agreed to a masked round", () => {
  const masked: HonestOptions = { protocol: Protocol.Masking };
  const otherTerms = { ...masked, localSteps: 3 };

  it("still knows so after a round in clear on another start", async () => {
    const [first, clear, third] = [
      speakRound({ round: 3, ...masked }),
      speakRound({ round: 4, ...anotherModel }),
      speakRound({ round: 5, ...otherTerms }),
    ];
    for (const spoken of [first, clear]) {
      await open(spoken);
      expect(await announce(spoken)).toBe(true);
    }
    await open(third);
    expect([await announce(third), told]).toEqual([false, ["TermsChanged"]]);
  });

  it("still knows so when a round on the start before is opened again after its own is over", async () => {
    const [left, agreed, third] = [
      speakRound({ round: 3, ...masked }),
      speakRound({ round: 4, ...masked, ...anotherModel }),
      speakRound({ round: 5, ...otherTerms, ...anotherModel }),
    ];
    await open(left);
    await open(agreed);
    expect(await announce(agreed)).toBe(true);
    await endRound(agreed);
    await open(left);
    expect(await announce(left)).toBe(false);
    await open(third);
    expect([await announce(third), told.at(-1)]).toEqual([false, "TermsChanged"]);
  });
});

describe("a worker is in one round at a time", () => {
  it("and takes none again that a later one followed, also over a restart of its sidecar", async () => {
    const [first, second] = [speakRound({ round: 3 }), speakRound({ round: 4, line: 3 })];
    await open(first);
    await open(second);
    await open(first);
    expect([await announce(first), told]).toEqual([false, ["RoundNotIncreasing"]]);
    await startSidecar();
    await open(first);
    expect([await announce(first), told]).toEqual([false, [told[0], told[0]]]);
    await open(second);
    expect(await announce(second)).toBe(true);
  });
});

describe("a worker that is not in a round says nothing of its survivors", () => {
  it.each<{ given: string; before: (spoken: SpokenRound) => Promise<void> }>([
    { given: "it heard of no opening", before: async () => {} },
    { given: "it heard of the opening alone", before: ({ opened }) => desk.open({ round: 3, attempt: 1 }, opened) },
    { given: "it is in another round", before: () => open(speakRound({ round: 4, ...anotherModel })) },
  ])("$given", async ({ before }) => {
    const spoken = speak(1);
    await before(spoken);
    expect([await announce(spoken), told]).toEqual([false, []]);
  });

  it("and what it said before stays what it said", async () => {
    const lie = speakRound({ round: 3 }, { terms: (terms) => ({ ...terms, jobUid: "x" }) });
    await open(lie);
    expect([await announce(lie), told]).toEqual([false, ["TermsChanged"]]);
    isFull = true;
    const full = speak(2);
    await open(full);
    isFull = false;
    expect([await announce(full), told]).toEqual([false, ["TermsChanged", "STORAGE_FULL"]]);
  });
});
