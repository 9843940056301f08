import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Disk, namingDisk, nodeDisk, writeFully } from "@tributary/kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Fault, FaultyDisk, trialFolder, tryEveryCall } from "../../shared/files/testing/faulty-disk.ts";
import type { LedgerLine } from "./ledger-line.ts";
import { RoundStore } from "./round-store.ts";

const GENESIS = "0".repeat(64);
let folder: string;
let trials = 0;
beforeAll(async () => {
  folder = await trialFolder("round-store-faults");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const openStore = (data: string, disk: Disk) => RoundStore.open(data, "job-1", GENESIS, disk);
const modelOf = (round: number) => Buffer.alloc(10_000, `model after round ${round}`);
const stateOf = (round: number) => Buffer.alloc(5_000, `state after round ${round}`);
const digest = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

async function commit(store: RoundStore, disk: Disk): Promise<void> {
  const round = store.rounds.length;
  const prepared = await store.prepareCommit();
  for (const [path, bytes] of [
    [prepared.objectPath("model"), modelOf(round)],
    [prepared.slotPath("momentum"), stateOf(round)],
  ] as const) {
    const file = await disk.open(path, "w");
    await writeFully(file, bytes).finally(() => file.close());
  }
  const digests = {
    objects: { model: digest(modelOf(round)) },
    optimiser: { momentum: digest(stateOf(round)) },
  };
  const line = {
    version: 2,
    jobUid: "job-1",
    round,
    outcome: "Committed",
    cohorts: [],
    previous: store.head,
    ...digests,
  };
  await store.commit(prepared, line as unknown as LedgerLine);
}

/** Commits up to three rounds. */
async function commitThree(data: string, disk: Disk): Promise<void> {
  const store = await openStore(data, disk);
  while (store.rounds.length < 3) await commit(store, disk);
}

/** What a healthy process finds; the store itself checks lines and digests. */
async function expectWhole(data: string): Promise<number> {
  const { rounds } = await openStore(data, nodeDisk);
  const newest = rounds.length - 1;
  if (newest >= 0) {
    const directory = join(data, "rounds", String(newest).padStart(6, "0"));
    expect(await readFile(join(directory, "objects/model.safetensors"))).toEqual(modelOf(newest));
    expect(await readFile(join(directory, "optimiser/momentum.bin"))).toEqual(stateOf(newest));
  }
  return rounds.length;
}

describe.each(Object.values(Fault))("ledger and checkpoints, %s at every call in turn", (fault) => {
  it("lose no committed round, take nothing half-written for whole, and go on", async () => {
    const calls = await tryEveryCall(fault, async () => {
      const data = join(folder, String(trials++));
      let committed = 0;
      return {
        operate: async (disk) => {
          const store = await openStore(data, disk);
          while (store.rounds.length < 3) {
            await commit(store, disk);
            committed = store.rounds.length;
          }
        },
        check: async () => expect(await expectWhole(data)).toBeGreaterThanOrEqual(committed),
        done: async () => expect(await expectWhole(data)).toBe(3),
      };
    });
    expect(calls).toBeGreaterThan(50);
  });
});

describe.each(Object.values(Fault))("a model that is kept, %s at every call in turn", (fault) => {
  it("is whole for as long as it is needed, and goes with all that is older afterwards", async () => {
    const calls = await tryEveryCall(fault, async () => {
      const data = join(folder, String(trials++));
      const keptPath = join(data, "rounds/000000/objects/model.safetensors");
      const isKept = async () => expect(await readFile(keptPath)).toEqual(modelOf(0));
      return {
        operate: async (disk) => {
          const store = await openStore(data, disk);
          store.keepModels((sha256) => sha256 === digest(modelOf(0)));
          while (store.rounds.length < 4) await commit(store, disk);
        },
        check: async () => {
          if ((await openStore(data, nodeDisk)).rounds.length > 0) await isKept();
        },
        done: async () => {
          await isKept();
          const store = await openStore(data, nodeDisk);
          // What a crash kept from being removed goes with the next commit.
          expect(store.modelRounds).toEqual(expect.arrayContaining([0, 2, 3]));
          await commit(store, nodeDisk);
          expect(store.modelRounds).toEqual([3, 4]);
        },
      };
    });
    expect(calls).toBeGreaterThan(50);
  });
});

describe("a full disk that gets room again", () => {
  it("the same store reads what is there and goes on, at whichever call it was full", async () => {
    for (let at = 0; ; at++) {
      const data = join(folder, String(trials++));
      await commitThree(data, nodeDisk);
      const store = await openStore(data, nodeDisk);
      const faulty = new FaultyDisk(Fault.Full, at);
      const again = await RoundStore.open(data, "job-1", GENESIS, faulty.disk).catch(() => undefined);
      if (again === undefined) continue;
      const error = await commit(again, faulty.disk).then(
        () => undefined,
        (cause: unknown) => cause,
      );
      if (!faulty.hasStruck) break;
      faulty.heal();
      await again.reload();
      if (error === undefined) expect(again.rounds.length).toBe(4);
      else expect(error).toMatchObject({ code: "STORAGE_FULL" });
      while (again.rounds.length < 5) await commit(again, faulty.disk);
      expect(await expectWhole(data)).toBe(5);
      expect(store.head).toBe(again.rounds[2]!.lineSha256);
    }
  });
});

describe("a disk whose sync fails once and tells of it no more", () => {
  it("keeps every round that the store says is committed, at whichever call it failed", async () => {
    for (let at = 0; ; at++) {
      const data = join(folder, String(trials++));
      await commitThree(data, nodeDisk);
      const faulty = new FaultyDisk(Fault.LostSync, at);
      const open = () => openStore(data, faulty.disk);
      const store = await open().catch(open);
      while (store.rounds.length < 5) await commit(store, faulty.disk).catch(() => store.reload());
      await faulty.closeAll();
      expect(await expectWhole(data)).toBe(5);
      if (!faulty.hasStruck) break;
    }
  });

  it("opens what is there on a volume that may only be read", async () => {
    const data = join(folder, String(trials++));
    await commitThree(data, nodeDisk);
    const rename = async (): Promise<never> => {
      throw Object.assign(new Error("read-only file system"), { code: "EROFS" });
    };
    const store = await openStore(data, namingDisk({ ...nodeDisk, rename }));
    expect(store.rounds).toHaveLength(3);
    await expect(store.reload()).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
  });

  it("takes a round up whose name was being given anew", async () => {
    const data = join(folder, String(trials++));
    await commitThree(data, nodeDisk);
    const path = join(data, "rounds/000002");
    await nodeDisk.rename(path, `${path}.again`);
    expect(await expectWhole(data)).toBe(3);
  });
});
