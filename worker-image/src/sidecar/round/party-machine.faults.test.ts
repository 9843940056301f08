import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import {
  type AggregatorState,
  Keystream,
  MessageType,
  openAggregation,
  Protocol,
  type RoundSetup,
  stepAggregator,
} from "@tributary/federated";
import { createLogger, type Disk, nodeDisk } from "@tributary/kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createNodeCryptoSuite } from "../../shared/crypto/node-crypto-suite.ts";
import { enrolledParties } from "../../shared/crypto/protocol/enrolled-parties.ts";
import { Fault, FaultyDisk, trialFolder, tryEveryCall } from "../../shared/files/testing/faulty-disk.ts";
import { PartyMachine } from "./party-machine.ts";

const crypto = createNodeCryptoSuite();
const [aggregatorSecret, partySecret] = [randomBytes(32), randomBytes(32)].map((bytes) => new Uint8Array(bytes));
const aggregator = { crypto, signingSecret: aggregatorSecret! };
const entry = {
  organisation: "a",
  publicKey: crypto.ed25519PublicKey(partySecret!),
  certificateSha256: new Uint8Array(32),
};
const setup: RoundSetup = {
  protocol: Protocol.None,
  keystream: Keystream.Aes256Ctr,
  jobUid: "job",
  round: 0,
  attempt: 1,
  aggregatorKey: crypto.ed25519PublicKey(aggregatorSecret!),
  contextSha256: new Uint8Array(32),
  minOrganisations: 1,
  threshold: 1,
  minSurvivors: 1,
  neighbours: 0,
  roster: [{ id: 1, ...entry }],
  segments: [{ id: 0, valueCount: 8, valueBits: 16, ringBits: 20 }],
};
let folder: string;
beforeAll(async () => {
  folder = await trialFolder("party-faults");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A sidecar's machine, started anew for every operation, and an aggregator that does not fail. */
class Party {
  readonly directory: string;
  #aggregator: AggregatorState;
  readonly #opening: Uint8Array[];
  #inbox: Uint8Array[] = [];
  /** The digest whose bytes may have left. */
  uploaded: Uint8Array | undefined;
  planDigest: Uint8Array | undefined;

  constructor(directory: string) {
    this.directory = directory;
    const opened = openAggregation(aggregator, setup);
    const plan = { modelSha256: new Uint8Array(32), stepExponents: [[-10]] };
    const planned = stepAggregator(aggregator, opened.state, { type: "plan", plan });
    this.#aggregator = planned.state;
    this.#opening = [...opened.effects, ...planned.effects].flatMap((effect) =>
      effect.type === "send" ? [effect.message] : [],
    );
  }

  open(disk: Disk): Promise<PartyMachine> {
    const policy = { allowUnmasked: true, minOrganisations: 1, corruptRatio: 0.05, dropRatio: 0.05 };
    return PartyMachine.open({
      crypto,
      config: { jobUid: "job", identitySecret: partySecret!, aggregatorKey: setup.aggregatorKey, policy },
      memoryDirectory: this.directory,
      log: createLogger("test", "silent"),
      disk,
      send: async (_, message) => this.#tell({ type: "receive", from: 1, message }),
      onEffect: (effect) => {
        if (effect.type === "planAccepted") this.planDigest = effect.planDigest;
        if (effect.type === "upload") this.uploaded = digest;
      },
      onBroken: (error) => {
        throw error;
      },
    });
  }

  /** Goes through a round up to its upload, as after a new link. */
  async report(machine: PartyMachine): Promise<void> {
    this.#inbox = [...this.#opening];
    this.#tell({ type: "reconnected", party: 1 });
    for (let message = this.#inbox.shift(); message !== undefined; message = this.#inbox.shift()) {
      const isSetup = message[1] === MessageType.Setup;
      await machine.post(
        isSetup
          ? { type: "open", message, enrolled: enrolledParties([{ id: 1, ...entry }]) }
          : { type: "receive", message },
      );
    }
    await machine.post({ type: "inputReady", planDigest: this.planDigest!, segment: 0, plainSha256: digest });
  }

  #tell(event: Parameters<typeof stepAggregator>[2]): void {
    const { state, effects } = stepAggregator(aggregator, this.#aggregator, event);
    this.#aggregator = state;
    for (const effect of effects) if (effect.type === "send") this.#inbox.push(effect.message);
  }
}

const digest = new Uint8Array(32).fill(7);
const wanted = Buffer.from(digest).toString("hex");

function recorded(party: Party, machine: PartyMachine): string {
  return Buffer.from(machine.recordedSha256(party.planDigest!, 0) ?? []).toString("hex");
}

describe.each(Object.values(Fault))("the sidecar's state, %s at every call in turn", (fault) => {
  it("holds what was promised before anything leaves, and the round goes on", async () => {
    let trial = 0;
    const calls = await tryEveryCall(fault, async () => {
      const party = new Party(join(folder, fault, String(trial++)));
      const expectRecorded = async () => expect(recorded(party, await party.open(nodeDisk))).toBe(wanted);
      return {
        operate: async (disk) => party.report(await party.open(disk)),
        check: async () => {
          if (party.uploaded !== undefined) await expectRecorded();
        },
        done: expectRecorded,
      };
    });
    expect(calls).toBeGreaterThan(20);
  });
});

it("a machine whose memory volume was full has not moved, and goes on once there is room", async () => {
  for (let at = 0; ; at++) {
    const party = new Party(join(folder, "room", String(at)));
    const faulty = new FaultyDisk(Fault.Full, at);
    const machine = await party.open(faulty.disk);
    const error = await party.report(machine).then(
      () => undefined,
      (cause: unknown) => cause,
    );
    if (!faulty.hasStruck) break;
    if (error !== undefined) {
      expect(error).toMatchObject({ code: "STORAGE_FULL" });
      if (party.planDigest !== undefined)
        expect(recorded(party, machine)).toBe(recorded(party, await party.open(nodeDisk)));
    }
    faulty.heal();
    await party.report(machine);
    expect(recorded(party, machine)).toBe(wanted);
    expect(recorded(party, await party.open(nodeDisk))).toBe(wanted);
  }
});
