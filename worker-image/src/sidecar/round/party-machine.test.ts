import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AggregatorEvent,
  encodeMessage,
  Keystream,
  MessageType,
  openAggregation,
  type PartyEvent,
  Protocol,
  type RoundSetup,
  setupDigest,
  stepAggregator,
} from "@tributary/federated";
import { createLogger, realDisk, type TributaryError } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createNodeCryptoSuite } from "../../shared/crypto/node-crypto-suite.ts";
import { enrolledParties } from "../../shared/crypto/protocol/enrolled-parties.ts";
import { PartyMachine } from "./party-machine.ts";

const crypto = createNodeCryptoSuite();
const [aggregatorSecret, identitySecret] = [crypto.randomBytes(32), crypto.randomBytes(32)];
const aggregatorKey = crypto.ed25519PublicKey(aggregatorSecret);
const policy = { allowUnmasked: true, minOrganisations: 1, corruptRatio: 0.05, dropRatio: 0.05 };
const setup: RoundSetup = {
  protocol: Protocol.None,
  keystream: Keystream.Aes256Ctr,
  jobUid: "job",
  round: 3,
  attempt: 1,
  aggregatorKey,
  contextSha256: new Uint8Array(32),
  minOrganisations: 1,
  threshold: 1,
  minSurvivors: 1,
  neighbours: 0,
  roster: [
    {
      id: 1,
      organisation: "a",
      publicKey: crypto.ed25519PublicKey(identitySecret),
      certificateSha256: new Uint8Array(32),
    },
  ],
  segments: [{ id: 0, valueCount: 8, valueBits: 16, ringBits: 20 }],
};

let directory: string;
let memoryDirectory: string;
let said: string[];
let sent: Uint8Array[];
let broken: TributaryError | undefined;
let planDigest: Uint8Array;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "party-machine-"));
  memoryDirectory = join(directory, "memory");
  await mkdir(memoryDirectory);
  said = [];
  sent = [];
  broken = undefined;
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function openMachine(): Promise<PartyMachine> {
  return PartyMachine.open({
    crypto,
    config: { jobUid: "job", identitySecret, aggregatorKey, policy },
    memoryDirectory,
    log: createLogger("test", "silent"),
    send: async (_, message) => {
      sent.push(message);
      said.push(`message ${message[1]}`);
    },
    onEffect: (effect) => {
      if (effect.type === "planAccepted") planDigest = effect.planDigest;
      said.push(effect.type);
    },
    onBroken: (error) => {
      broken = error;
    },
  });
}

/** A machine in a round whose report may be sent: the exchange with the aggregator's machine is over. */
async function aReadyMachine(): Promise<PartyMachine> {
  const machine = await openMachine();
  const context = { crypto, signingSecret: aggregatorSecret };
  const opened = openAggregation(context, setup);
  let { state } = opened;
  let effects = [...opened.effects];
  const plan = { modelSha256: new Uint8Array(32), stepExponents: [[-10]] };
  const take = (event: AggregatorEvent) => {
    const step = stepAggregator(context, state, event);
    state = step.state;
    effects = [...effects, ...step.effects];
  };
  take({ type: "plan", plan });
  for (let next = effects.shift(); next !== undefined; next = effects.shift()) {
    if (next.type !== "send") continue;
    const { message } = next;
    const isSetup = message[1] === MessageType.Setup;
    await machine.post(
      isSetup ? { type: "open", message, enrolled: enrolledParties(setup.roster) } : { type: "receive", message },
    );
    for (const answer of sent.splice(0)) take({ type: "receive", from: 1, message: answer });
  }
  expect(said).toContain("maskingReady");
  said = [];
  return machine;
}

function inputReady(fill: number): PartyEvent {
  return { type: "inputReady", planDigest, segment: 0, plainSha256: new Uint8Array(32).fill(fill) };
}

/** The memory volume cannot be written for a moment. */
async function whileUnwritable(work: () => Promise<void>): Promise<void> {
  await rename(memoryDirectory, `${memoryDirectory}.away`);
  await writeFile(memoryDirectory, "");
  await work();
  await rm(memoryDirectory);
  await rename(`${memoryDirectory}.away`, memoryDirectory);
}

describe("PartyMachine", () => {
  it("lets nothing out whose record is not durable, and takes no event any more", async () => {
    const machine = await aReadyMachine();
    await whileUnwritable(() => expect(machine.post(inputReady(7))).rejects.toBeDefined());
    expect(broken).toBeDefined();
    await expect(machine.post(inputReady(7))).rejects.toBe(broken);
    expect(machine.recordedSha256(planDigest, 0)).toBeNull();
    expect(said).toEqual([]);
  });

  it("makes events that wait together durable together, and none of them when that fails", async () => {
    const machine = await aReadyMachine();
    const writes = vi.spyOn(realDisk, "rename");
    const stored = { type: "inputStored", planDigest, segment: 0, sha256: new Uint8Array(32), sizeBytes: 20 } as const;
    const told = await Promise.all([inputReady(7), stored, inputReady(8)].map((event) => machine.post(event)));
    expect(told).toEqual([undefined, undefined, expect.stringContaining("segment 0 has other values than before")]);
    expect(said).toEqual(["upload", `message ${MessageType.MaskedInput}`, "refused"]);
    expect(writes).toHaveBeenCalledTimes(1);
    writes.mockRestore();
    said = [];
    const second = await openMachine();
    expect(new Uint8Array(second.recordedSha256(planDigest, 0)!)).toEqual(new Uint8Array(32).fill(7));
    await whileUnwritable(async () => {
      const outcomes = await Promise.allSettled(
        [stored, { ...stored, sizeBytes: 21 }].map((event) => second.post(event)),
      );
      expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    });
    expect(said).toEqual([]);
  });

  it("says the last setup that it took, as its file does once it is durable", async () => {
    const read = () => PartyMachine.readLastSetup({ memoryDirectory });
    expect([(await openMachine()).lastSetup, await read()]).toEqual([0, 0]);
    expect([(await aReadyMachine()).lastSetup, await read(), (await openMachine()).lastSetup]).toEqual([3, 3, 3]);
  });

  it("says what it would refuse and what it has signed, and does nothing by being asked", async () => {
    const machine = await aReadyMachine();
    await machine.post(inputReady(7));
    const announced = (bits: number) =>
      encodeMessage({
        type: MessageType.SurvivorBitmaps,
        planDigest,
        bitmaps: [{ segment: 0, bitmap: Uint8Array.of(bits) }],
      });
    expect([announced(1), announced(2)].map((message) => machine.wouldRefuse(message))).toEqual([false, true]);
    expect(machine.signingOf(planDigest)).toEqual({ dataNames: [], signed: [] });
    await machine.post({ type: "receive", message: announced(1) });
    expect(machine.signingOf(planDigest)?.signed).toEqual([{ segment: 0, bitmap: Uint8Array.of(1) }]);
    expect(machine.signingOf(new Uint8Array(32))).toBeUndefined();
    expect([setupDigest(crypto, setup), new Uint8Array(32)].map((digest) => machine.isOpen(digest))).toEqual([
      true,
      false,
    ]);
  });

  it("forgets a round that was closed without a result, as its file does, and takes a later setup alone", async () => {
    const machine = await aReadyMachine();
    const digest = setupDigest(crypto, setup);
    const known = (one: PartyMachine) => [one.isOpen(digest), one.isStarted(digest), one.setupOf(setup)?.length];
    expect(known(machine)).toEqual([true, true, 32]);
    await machine.post({ type: "forget", setupDigest: machine.setupOf({ round: 3, attempt: 1 })! });
    const reopened = await openMachine();
    expect([known(machine), known(reopened), reopened.lastSetup]).toEqual([
      [false, false, undefined],
      [false, false, undefined],
      3,
    ]);
    expect(machine.seedOf(planDigest)).toBeUndefined();
  });

  it("goes on from its file after a restart: the first digest that became durable is the only one", async () => {
    const first = await aReadyMachine();
    await whileUnwritable(() => expect(first.post(inputReady(7))).rejects.toBeDefined());
    const second = await openMachine();
    await second.post(inputReady(8));
    expect(said).toEqual(["upload"]);
    expect(second.recordedSha256(planDigest, 0)).toEqual(new Uint8Array(32).fill(8));
    await second.post(inputReady(7));
    expect(said).toEqual(["upload", "refused"]);
  });
});
