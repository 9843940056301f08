import { createHash, randomBytes } from "node:crypto";
import { readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import {
  emptyPartyState,
  equalBytes,
  Keystream,
  MessageType,
  type PartyEvent,
  type PartyState,
  Protocol,
  packRing,
  parseParameters,
  partyContext,
  type RoundSetup,
  safetensorsParts,
  serverOptimiserByName,
  stepParty,
} from "@tributary/federated";
import { createLogger, type Disk, nodeDisk } from "@tributary/kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createNodeCryptoSuite } from "../../shared/crypto/node-crypto-suite.ts";
import { Fault, trialFolder, tryEveryCall } from "../../shared/files/testing/faulty-disk.ts";
import type { SegmentResource } from "../../shared/tensor-wire/resources.ts";
import type { KnownFile } from "../store/known-file.ts";
import type { LedgerLine } from "../store/ledger-line.ts";
import { RoundStore } from "../store/round-store.ts";
import { CohortFiles } from "./cohorts/cohort-files.ts";
import type { CohortRecord } from "./cohorts/cohort-records.ts";
import { stepModel } from "./commit/model-step.ts";
import { isAnnounced } from "./run/lost-parties.ts";
import { RoundRun } from "./run/round-run.ts";
import { knownFile } from "./testing/known-file.ts";

const VALUES = 800;
const RING_BITS = 20;
const STEP = 2 ** -10;
const crypto = createNodeCryptoSuite();
const [aggregatorSecret, partySecret] = [randomBytes(32), randomBytes(32)].map((bytes) => new Uint8Array(bytes));
const packed = packRing(
  Int32Array.from({ length: VALUES }, (_, index) => index - 400),
  RING_BITS,
);
const plainSha256 = new Uint8Array(createHash("sha256").update(packed).digest());
const want = Float32Array.from({ length: VALUES }, (_, index) => 1 + (index - 400) * STEP);
let folder: string;
let base: KnownFile;

beforeAll(async () => {
  folder = await trialFolder("round-files-faults");
  const bytes = new Uint8Array(new Float32Array(VALUES).fill(1).buffer);
  const parts = safetensorsParts([{ name: "w", dtype: "F32", shape: [VALUES], bytes }]);
  await writeFile(join(folder, "base"), Buffer.concat(parts));
  base = await knownFile(join(folder, "base"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const roster = [
  {
    id: 1,
    organisation: "a",
    publicKey: crypto.ed25519PublicKey(partySecret!),
    certificateSha256: new Uint8Array(32),
  },
];

function setupOf(attempt: number): RoundSetup {
  return {
    protocol: Protocol.None,
    keystream: Keystream.Aes256Ctr,
    jobUid: "job",
    round: 0,
    attempt,
    aggregatorKey: crypto.ed25519PublicKey(aggregatorSecret!),
    contextSha256: new Uint8Array(32),
    minOrganisations: 1,
    threshold: 1,
    minSurvivors: 1,
    neighbours: 0,
    roster,
    segments: [{ id: 0, valueCount: VALUES, valueBits: 16, ringBits: RING_BITS }],
  };
}

/** One round of one party through an aggregator whose disk fails: what a process would do, start after start. */
class Round {
  readonly #data: string;
  /** The party's own process does not fail. */
  #party: PartyState = emptyPartyState();
  /** Setup and plan of the attempt, as a party that comes back is told of them again. */
  #opening: Uint8Array[] = [];
  #attempt = 0;
  #isResumed = false;
  announced: Uint8Array | undefined;
  committed = 0;

  constructor(data: string) {
    this.#data = data;
  }

  async operate(disk: Disk): Promise<void> {
    const store = await this.openStore(disk);
    if (store.rounds.length > 0) return;
    const inbox: Uint8Array[] = [];
    const run = (await this.resume(disk, inbox)) ?? (await this.#openNext(disk, inbox));
    run.outcome.catch(() => {});
    while (inbox.length > 0) await this.#receive(run, inbox.shift()!);
    const outcome = await run.outcome;
    if (outcome.kind !== "Summed") throw new Error(`the attempt failed: ${outcome.message}`);
    await this.#commit(store, run, disk);
    this.committed = store.rounds.length;
  }

  openStore(disk: Disk): Promise<RoundStore> {
    return RoundStore.open(this.#data, "job", "00", disk);
  }

  /** The attempt that a former process left. */
  async resume(disk: Disk, inbox: Uint8Array[] = []): Promise<RoundRun | undefined> {
    this.#isResumed = true;
    const run = await RoundRun.resume(this.#deps(disk, inbox, () => run));
    if (run === undefined || run.state.setup.attempt !== this.#attempt) return undefined;
    inbox.push(...this.#opening);
    await run.post({ type: "resume" });
    await run.post({ type: "reconnected", party: 1 });
    return run;
  }

  async #openNext(disk: Disk, inbox: Uint8Array[]): Promise<RoundRun> {
    this.#isResumed = false;
    const files = this.files(disk);
    await files.keepOnly([]);
    const journal = await files.loadJournal();
    this.#attempt = journal.attempt + 1;
    await files.saveJournal({ ...journal, attempt: this.#attempt, cohorts: [this.id] });
    await files.writeRecord(this.#record);
    this.#opening = [];
    const plan = { modelSha256: new Uint8Array(32), stepExponents: [[-10]] };
    let opened: RoundRun | undefined;
    opened = await RoundRun.open(
      this.#deps(disk, inbox, () => opened),
      setupOf(this.#attempt),
      plan,
    );
    this.#opening = inbox.filter((message) => [MessageType.Setup, MessageType.Plan].includes(message[1] as never));
    return opened;
  }

  files(disk: Disk): CohortFiles {
    return new CohortFiles(join(this.#data, "open"), disk);
  }

  get #record(): CohortRecord {
    const plan = { quorum: 1, deadlineMs: 1000, localSteps: 1, evaluateOnly: false };
    return { ...this.id, line: 0, startedMs: 0, parties: {}, plan, papers: { terms: "", start: "" } };
  }

  get id() {
    return { setup: 0, attempt: this.#attempt };
  }

  #deps(disk: Disk, inbox: Uint8Array[], run: () => RoundRun | undefined) {
    return {
      context: { crypto, signingSecret: aggregatorSecret! },
      log: createLogger("test", "silent"),
      crash: () => {},
      directory: this.files(disk).folderOf(this.id),
      keepRecord: () => this.files(disk).keepRecord(this.#record, this.#isResumed),
      send: (_to: unknown, message: Uint8Array) => {
        const state = run()?.state;
        if (state !== undefined && isAnnounced(state)) this.announced = state.segments[0]!.sumSha256!;
        inbox.push(message);
      },
      refused: () => {},
      dropped: () => {},
      opened: () => {},
      changed: () => {},
      disk,
    };
  }

  async #receive(run: RoundRun, message: Uint8Array): Promise<void> {
    const enrolled = roster.map(({ id: _, ...entry }) => entry);
    await this.#post(
      run,
      message[1] === MessageType.Setup ? { type: "open", message, enrolled } : { type: "receive", message },
    );
  }

  async #post(run: RoundRun, event: PartyEvent): Promise<void> {
    const policy = { allowUnmasked: true, minOrganisations: 1, corruptRatio: 0.05, dropRatio: 0.05 };
    const aggregatorKey = crypto.ed25519PublicKey(aggregatorSecret!);
    const context = partyContext(crypto, { jobUid: "job", identitySecret: partySecret!, aggregatorKey, policy });
    const { state, effects } = stepParty(context, this.#party, event);
    this.#party = state;
    for (const effect of effects) {
      if (effect.type === "send") await run.post({ type: "receive", from: 1, message: effect.message });
      else if (effect.type === "maskingReady")
        await this.#post(run, { type: "inputReady", planDigest: effect.planDigest, segment: 0, plainSha256 });
      else if (effect.type === "upload") await this.#upload(run, effect.planDigest);
    }
  }

  async #upload(run: RoundRun, planDigest: Uint8Array): Promise<void> {
    const resource: SegmentResource = {
      kind: "segment",
      jobUid: "job",
      round: 0,
      attempt: this.#attempt,
      segment: 0,
      party: 1,
    };
    const sha256 = Buffer.from(plainSha256).toString("hex");
    const { storedBytes, isComplete } = await run.staging.claim(resource, sha256, packed.length);
    const span = { startBytes: storedBytes, endBytes: packed.length, totalBytes: packed.length };
    if (!isComplete)
      await run.staging.receive(resource, span, Readable.from([Buffer.from(packed.subarray(storedBytes))]));
    const stored = { segment: 0, sha256: plainSha256, sizeBytes: packed.length };
    await run.post({ type: "stored", party: 1, ...stored });
    await this.#post(run, { type: "inputStored", planDigest, ...stored });
  }

  async #commit(store: RoundStore, run: RoundRun, disk: Disk): Promise<void> {
    const prepared = await store.prepareCommit();
    const optimiser = serverOptimiserByName("FedAvgM");
    const { modelSha256, optimiser: slots } = await stepModel({
      optimiser,
      parameters: parseParameters(optimiser, {}),
      round: 0,
      base,
      state: undefined,
      sums: [
        {
          path: run.sums.pathOf(0),
          sha256: run.state.segments[0]!.sumSha256!,
          offset: 0,
          parameters: VALUES,
          ringBits: RING_BITS,
          step: STEP,
          parties: 1,
        },
      ],
      modelOut: prepared.objectPath("model"),
      slotOut: (slot) => prepared.slotPath(slot),
      disk,
    });
    const line = {
      ...{ version: 2, jobUid: "job", round: 0, outcome: "Committed", cohorts: [] },
      previous: store.head,
    };
    const written = { objects: { model: modelSha256 }, optimiser: slots };
    await store.commit(prepared, { ...line, ...written } as unknown as LedgerLine);
  }
}

async function expectModel(store: RoundStore): Promise<void> {
  const bytes = (await readFile(store.modelPath(0))).subarray(-4 * VALUES);
  expect(equalBytes(bytes, new Uint8Array(want.buffer))).toBe(true);
}

describe.each(Object.values(Fault))(
  "a round from its first upload to its commit, %s at every call in turn",
  (fault) => {
    it("keeps the announced sum and the commit, and otherwise does it again", async () => {
      let trial = 0;
      const calls = await tryEveryCall(fault, async () => {
        const round = new Round(join(folder, fault, String(trial++)));
        return {
          operate: (disk) => round.operate(disk),
          check: async () => {
            const store = await round.openStore(nodeDisk);
            expect(store.rounds.length).toBeGreaterThanOrEqual(round.committed);
            if (store.rounds.length > 0) return expectModel(store);
            if (round.announced === undefined) return;
            expect(await round.files(nodeDisk).loadRecord(round.id)).toMatchObject(round.id);
            const resumed = await round.resume(nodeDisk);
            expect(Buffer.from(resumed!.state.segments[0]!.sumSha256!)).toEqual(Buffer.from(round.announced));
          },
          done: async () => {
            const store = await round.openStore(nodeDisk);
            expect(store.rounds.length).toBe(1);
            await expectModel(store);
          },
        };
      });
      expect(calls).toBeGreaterThan(60);
    });
  },
);

it("a record whose sync failed is durable before its sum is announced, though the next sync of the same file works", async () => {
  const round = new Round(join(folder, "lost-record"));
  const isRecord = (path: string) => path.includes("cohort.json");
  let hasFailed = false;
  const lost = new Set<number>();
  // As Linux does: a sync that failed is told once, and what it lost stays lost under that inode.
  const losing: Disk = {
    ...nodeDisk,
    open: async (path, flags, mode) => {
      const file = await nodeDisk.open(path, flags, mode);
      if (!isRecord(path) || flags === "r") return file;
      const { ino } = await stat(path);
      const sync = async () => {
        if (hasFailed) return file.sync();
        hasFailed = true;
        lost.add(ino);
        throw Object.assign(new Error("EIO"), { code: "EIO" });
      };
      return new Proxy(file, { get: (of, name) => (name === "sync" ? sync : Reflect.get(of, name)?.bind(of)) });
    },
  };
  await expect(round.operate(losing)).rejects.toThrow("EIO");
  const stopping: Disk = {
    ...losing,
    mkdir: (path) => (path.endsWith(".tmp") ? Promise.reject(new Error("stopped")) : nodeDisk.mkdir(path)),
  };
  await expect(round.operate(stopping)).rejects.toThrow("stopped");
  expect([hasFailed, round.announced]).toEqual([true, expect.anything()]);
  const { ino } = await stat(join(folder, "lost-record/open/cohorts/0-1/cohort.json"));
  expect(lost.has(ino)).toBe(false);
});

describe("a durable sum that the disk damaged", () => {
  const damages = [
    { name: "cut", damage: (path: string) => truncate(path, 100) },
    { name: "changed", damage: (path: string) => writeFile(path, Buffer.alloc(packed.length, 1)) },
    { name: "gone", damage: (path: string) => rm(path) },
  ];
  async function announcedRound(data: string): Promise<{ round: Round; sum: string }> {
    const round = new Round(data);
    // Stops between the announcement and the commit.
    const disk: Disk = {
      ...nodeDisk,
      mkdir: (path) => (path.endsWith(".tmp") ? Promise.reject(new Error("stopped")) : nodeDisk.mkdir(path)),
    };
    await expect(round.operate(disk)).rejects.toThrow("stopped");
    return { round, sum: join(data, "open/cohorts/0-1/sums/0.bin") };
  }

  it.each(damages)("($name) is added again from the staged segments, to the same bytes", async ({ name, damage }) => {
    const { round, sum } = await announcedRound(join(folder, "damaged", name));
    const before = await readFile(sum);
    await damage(sum);
    await round.resume(nodeDisk);
    expect(await readFile(sum)).toEqual(before);
    await round.operate(nodeDisk);
    await expectModel(await round.openStore(nodeDisk));
  });

  it.each(damages)("($name) with its inputs closes the attempt; the next one commits", async ({ name, damage }) => {
    const data = join(folder, "lost", name);
    const { round, sum } = await announcedRound(data);
    await damage(sum);
    await rm(join(data, "open/cohorts/0-1/segments"), { recursive: true });
    expect(await round.resume(nodeDisk)).toBeUndefined();
    await round.operate(nodeDisk);
    await expectModel(await round.openStore(nodeDisk));
  });

  it.each(damages)(
    "($name) while the process runs is named, and nothing of it is committed",
    async ({ name, damage }) => {
      const path = join(folder, `sum-${name}`);
      await writeFile(path, packed);
      await damage(path);
      const optimiser = serverOptimiserByName("FedAvg");
      const opened = {
        sha256: plainSha256,
        offset: 0,
        parameters: VALUES,
        ringBits: RING_BITS,
        step: STEP,
        parties: 1,
      };
      const step = stepModel({
        optimiser,
        parameters: parseParameters(optimiser, {}),
        round: 0,
        base,
        state: undefined,
        sums: [{ path, ...opened }],
        modelOut: join(folder, `model-${name}`),
        slotOut: () => join(folder, `state-${name}`),
      });
      await expect(step).rejects.toMatchObject({ code: "SUM_DAMAGED", details: { path } });
    },
  );
});

describe("a step whose files cannot be opened", () => {
  it.each([
    { lacks: "the state of the round before", statePath: "nowhere", refused: "none" },
    { lacks: "room for its own state", statePath: "base", refused: "/state" },
  ])("leaves none of them open when it lacks $lacks", async ({ statePath, refused }) => {
    const open = new Set<string>();
    const disk: Disk = {
      ...nodeDisk,
      async open(path, flags, mode) {
        if (path.endsWith(refused)) throw Object.assign(new Error("no room"), { code: "ENOSPC" });
        const file = await nodeDisk.open(path, flags, mode);
        open.add(path);
        const close = () => file.close().then(() => void open.delete(path));
        return new Proxy(file, { get: (of, name) => (name === "close" ? close : Reflect.get(of, name)?.bind(of)) });
      },
    };
    const optimiser = serverOptimiserByName("FedAvgM");
    const step = stepModel({
      optimiser,
      parameters: parseParameters(optimiser, {}),
      round: 1,
      base,
      state: { momentum: await knownFile(join(folder, statePath)) },
      sums: [],
      modelOut: join(folder, "model-of-no-step"),
      slotOut: () => join(folder, "state"),
      disk,
    });
    await expect(step).rejects.toThrow();
    expect([...open]).toEqual([]);
  });
});
