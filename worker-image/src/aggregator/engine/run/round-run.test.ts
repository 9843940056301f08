import { createHash } from "node:crypto";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import {
  emptyPartyState,
  encodeMessage,
  Keystream,
  MessageType,
  type PartyEvent,
  Protocol,
  packedSizeBytes,
  partyContext,
  type RoundSetup,
  SegmentStage,
  stepParty,
} from "@tributary/federated";
import { createLogger } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createNodeCryptoSuite } from "../../../shared/crypto/node-crypto-suite.ts";
import { enrolledParties } from "../../../shared/crypto/protocol/enrolled-parties.ts";
import { RoundRun } from "./round-run.ts";
import type { RunDeps } from "./run-contract.ts";

const crypto = createNodeCryptoSuite();
const [aggregatorSecret, identitySecret] = [crypto.randomBytes(32), crypto.randomBytes(32)];
const aggregatorKey = crypto.ed25519PublicKey(aggregatorSecret);
const publicKey = crypto.ed25519PublicKey(identitySecret);
const policy = { allowUnmasked: true, minOrganisations: 1, corruptRatio: 0.05, dropRatio: 0.05 };
const setup: RoundSetup = {
  protocol: Protocol.None,
  keystream: Keystream.Aes256Ctr,
  jobUid: "job",
  round: 0,
  attempt: 1,
  aggregatorKey,
  contextSha256: new Uint8Array(32),
  minOrganisations: 1,
  threshold: 1,
  minSurvivors: 1,
  neighbours: 0,
  roster: [{ id: 1, organisation: "a", publicKey, certificateSha256: new Uint8Array(32) }],
  segments: [{ id: 0, valueCount: 8, valueBits: 16, ringBits: 20 }],
};
const plan = { modelSha256: new Uint8Array(32), stepExponents: [[-10]] };
const input = new Uint8Array(packedSizeBytes(8, 20)).fill(1);
const inputSha256 = new Uint8Array(createHash("sha256").update(input).digest());

let parent: string;
let outbox: Uint8Array[];
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "round-run-"));
  outbox = [];
});
afterEach(() => rm(parent, { recursive: true, force: true }));

function runDeps(): RunDeps {
  return {
    context: { crypto, signingSecret: aggregatorSecret },
    log: createLogger("test", "silent"),
    crash: () => {},
    directory: join(parent, "attempt"),
    keepRecord: async () => {},
    keepAnnounced: async () => {},
    send: (_, message) => void outbox.push(message),
    refused: () => {},
    dropped: () => {},
    opened: () => {},
    changed: () => {},
  };
}

/** A party that answers whatever the run says; it stops before it says that its input is stored. */
class Party {
  #state = emptyPartyState();
  readonly #context = partyContext(crypto, { jobUid: "job", identitySecret, aggregatorKey, policy });
  #planDigest: Uint8Array = new Uint8Array(32);

  /** Signs that its input has one byte more than it has. */
  lie(run: RoundRun) {
    const stored = { segment: 0, sha256: inputSha256, sizeBytes: input.length + 1 };
    const type = MessageType.MaskedInput;
    const unsigned = { type, planDigest: this.#planDigest, party: 1, ...stored, signature: new Uint8Array(64) };
    const transcript = Buffer.concat([Buffer.from("xsa1/inp"), encodeMessage(unsigned).slice(2, -64)]);
    const signature = crypto.signEd25519(identitySecret, new Uint8Array(transcript));
    return run.post({ type: "receive", from: 1, message: encodeMessage({ ...unsigned, signature }) });
  }

  async exchange(run: RoundRun): Promise<void> {
    for (let message = outbox.shift(); message !== undefined; message = outbox.shift()) {
      const isSetup = message[1] === MessageType.Setup;
      await this.#take(
        run,
        isSetup ? { type: "open", message, enrolled: enrolledParties(setup.roster) } : { type: "receive", message },
      );
    }
    await this.#take(run, { type: "inputReady", planDigest: this.#planDigest, segment: 0, plainSha256: inputSha256 });
  }

  sayStored(run: RoundRun): Promise<void> {
    const stored = { type: "inputStored", segment: 0, sha256: inputSha256, sizeBytes: input.length } as const;
    return this.#take(run, { ...stored, planDigest: this.#planDigest });
  }

  async #take(run: RoundRun, event: PartyEvent): Promise<void> {
    const { state, effects } = stepParty(this.#context, this.#state, event);
    this.#state = state;
    for (const effect of effects) {
      if (effect.type === "planAccepted") this.#planDigest = effect.planDigest;
      if (effect.type === "send") await run.post({ type: "receive", from: 1, message: effect.message });
    }
  }
}

async function stage(run: RoundRun): Promise<void> {
  const resource = { kind: "segment", jobUid: "job", round: 0, attempt: 1, segment: 0, party: 1 } as const;
  await run.staging.claim(resource, Buffer.from(inputSha256).toString("hex"), input.length);
  const span = { startBytes: 0, endBytes: input.length, totalBytes: input.length };
  await run.staging.receive(resource, span, Readable.from([Buffer.from(input)]));
}

function tellStored(run: RoundRun) {
  return run.post({ type: "stored", party: 1, segment: 0, sha256: inputSha256, sizeBytes: input.length });
}

async function upload(run: RoundRun): Promise<void> {
  await stage(run);
  await tellStored(run);
}

describe("RoundRun", () => {
  it.each([
    ["after its bytes were told of", [tellStored, lieFirst]],
    ["before its bytes are told of", [lieFirst, tellStored]],
  ])("counts on no bytes that a party's wrong word %s discarded", async (_, inTurn) => {
    const run = await RoundRun.open(runDeps(), setup, plan);
    const party = new Party();
    await party.exchange(run);
    await stage(run);
    for (const happens of inTurn) await happens(run, party);
    await party.sayStored(run);
    expect(run.state.segments[0]!.stage).toBe(SegmentStage.Collecting);
    await upload(run);
    await party.exchange(run);
    expect(await run.outcome).toMatchObject({ kind: "Summed" });
    await run.close();
  });

  it("a message that the machine fails on costs its party the attempt, and the run nothing", async () => {
    const refused: string[] = [];
    const broken = { ...crypto, verifyEd25519: () => requireNever() };
    const deps = { ...runDeps(), refused: (party: number, reason: string) => void refused.push(`${party} ${reason}`) };
    const run = await RoundRun.open({ ...deps, context: { ...deps.context, crypto: broken } }, setup, plan);
    await new Party().exchange(run);
    expect(refused).toEqual(["1 MalformedMessage"]);
    expect(await run.outcome).toMatchObject({ kind: "Failed", code: "QUORUM_NOT_REACHED" });
    expect(await run.post({ type: "resume" })).toEqual([]);
    await run.close();
  });

  it("wakes nobody for what a party says in vain, or again", async () => {
    let changes = 0;
    const run = await RoundRun.open({ ...runDeps(), changed: () => void changes++ }, setup, plan);
    const party = new Party();
    for (let word = 0; word < 5; word++)
      await run.post({ type: "receive", from: 1, message: Uint8Array.of(1, word, 3) });
    expect(changes).toBe(0);
    await party.exchange(run);
    const known = changes;
    expect(known).toBeGreaterThan(0);
    await run.post({ type: "reconnected", party: 1 });
    await stage(run);
    await tellStored(run);
    for (let turn = 0; turn < 3; turn++) await tellStored(run);
    expect(changes).toBe(known + 1);
    await run.close();
  });

  it("a staged file that is gone costs its party the attempt, by name: nobody is answered for it, and nothing else ends", async () => {
    const dropped: string[] = [];
    const deps = { ...runDeps(), dropped: (party: number, detail: string) => void dropped.push(`${party}: ${detail}`) };
    const run = await RoundRun.open(deps, setup, plan);
    const party = new Party();
    await party.exchange(run);
    await upload(run);
    await rm(run.staging.pathOf(0, 1));
    await party.sayStored(run);
    expect(dropped).toEqual([
      "1: on the aggregator's volume segment 0 of party 1 is no bytes, must be 20; the party is out of this attempt",
    ]);
    expect(await run.outcome).toEqual({ kind: "Summed", results: [{ segment: 0, opened: null }] });
    expect(run.hasReported(1)).toBe(false);
    expect(await run.post({ type: "resume" })).toBeDefined();
    await run.close();
  });

  it("that is closed takes no segment any more: its directory may be removed", async () => {
    const run = await RoundRun.open(runDeps(), setup, plan);
    await new Party().exchange(run);
    await run.close();
    await expect(stage(run)).rejects.toMatchObject({ code: "ROUND_NOT_OPEN" });
  });

  it("follows nothing from a state that is not durable: it ends, and its file holds what was before", async () => {
    const run = await RoundRun.open(runDeps(), setup, plan);
    const outcome = run.outcome.catch((error: unknown) => error);
    const party = new Party();
    await party.exchange(run);
    await upload(run);
    const { directory } = runDeps();
    await rename(directory, `${directory}.away`);
    await writeFile(directory, "");
    outbox = [];
    await expect(party.sayStored(run)).rejects.toBeDefined();
    const failure = await outcome;
    expect(failure).toBeInstanceOf(Error);
    await rm(directory);
    await rename(`${directory}.away`, directory);
    await expect(run.post({ type: "resume" })).rejects.toBe(failure);
    expect(outbox).toEqual([]);

    const successor = await RoundRun.resume(runDeps());
    expect(successor?.state.segments).toMatchObject([
      { stage: SegmentStage.Collecting, survivors: null, sumSha256: null },
    ]);
    await successor?.close();
  });
});

describe("a run of many parties", () => {
  const PARTIES = 100;
  const wide: RoundSetup = {
    ...setup,
    roster: Array.from({ length: PARTIES }, (_, index) => ({ ...setup.roster[0]!, id: index + 1 })),
    segments: [{ ...setup.segments[0]!, ringBits: 24 }],
  };

  it("signs setup and plan once, however many parties are told, come back or hear all of it again", async () => {
    let signatures = 0;
    const signEd25519 = (...given: Parameters<typeof crypto.signEd25519>) => {
      signatures++;
      return crypto.signEd25519(...given);
    };
    const deps = { ...runDeps(), context: { crypto: { ...crypto, signEd25519 }, signingSecret: aggregatorSecret } };
    const run = await RoundRun.open(deps, wide, plan);
    const told = wide.roster.map(() => ({ setup: run.setupMessage, plan: run.planMessage }));
    for (const { id } of wide.roster) await run.post({ type: "reconnected", party: id });
    await run.post({ type: "resume" });
    expect(signatures).toBe(2);
    expect(new Set(told.flatMap((opening) => [opening.setup, opening.plan])).size).toBe(2);
    expect(outbox.filter((message) => message[1] === MessageType.Setup)).toHaveLength(1 + 2 * PARTIES);
    await run.close();
  });
});

it("a run that fails before anybody waits for its outcome tells whoever waits, and does not end the program", async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => void unhandled.push(error);
  process.on("unhandledRejection", note);
  try {
    let isBroken = false;
    const send = () => (isBroken ? requireNever() : undefined);
    const run = await RoundRun.open({ ...runDeps(), send }, setup, plan);
    isBroken = true;
    await expect(run.post({ type: "reconnected", party: 1 })).rejects.toThrow("a fault of the library");
    await new Promise((resolve) => setImmediate(resolve));
    await expect(run.outcome).rejects.toThrow("a fault of the library");
    expect(unhandled).toEqual([]);
  } finally {
    process.off("unhandledRejection", note);
  }
});

async function lieFirst(run: RoundRun, party: Party): Promise<void> {
  await party.lie(run);
}

function requireNever(): never {
  throw new Error("a fault of the library");
}
