import { createHash } from "node:crypto";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import {
  emptyPartyState,
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
import { createNodeCryptoSuite } from "../../shared/crypto/node-crypto-suite.ts";
import { RoundRun, type RunDeps } from "./round-run.ts";

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
    send: (_, message) => void outbox.push(message),
    refused: () => {},
    opened: () => {},
    changed: () => {},
  };
}

/** A party that answers whatever the run says; it stops before it says that its input is stored. */
class Party {
  #state = emptyPartyState();
  readonly #context = partyContext(crypto, { jobUid: "job", identitySecret, aggregatorKey, policy });
  #planDigest: Uint8Array = new Uint8Array(32);

  async exchange(run: RoundRun): Promise<void> {
    for (let message = outbox.shift(); message !== undefined; message = outbox.shift()) {
      const isSetup = message[1] === MessageType.Setup;
      await this.#take(run, isSetup ? { type: "open", message, enrolled: setup.roster } : { type: "receive", message });
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

async function upload(run: RoundRun): Promise<void> {
  const resource = { kind: "segment", jobUid: "job", round: 0, attempt: 1, segment: 0, party: 1 } as const;
  await run.staging.claim(resource, Buffer.from(inputSha256).toString("hex"), input.length);
  const span = { startBytes: 0, endBytes: input.length, totalBytes: input.length };
  await run.staging.receive(resource, span, Readable.from([Buffer.from(input)]));
  await run.post({ type: "stored", party: 1, segment: 0, sha256: inputSha256, sizeBytes: input.length });
}

describe("RoundRun", () => {
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
