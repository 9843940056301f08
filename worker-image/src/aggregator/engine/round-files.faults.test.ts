import { readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { equalBytes, parseParameters, safetensorsParts, serverOptimiserByName } from "@tributary/federated";
import { type Disk, nodeDisk } from "@tributary/kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Fault, trialFolder, tryEveryCall } from "../../shared/files/testing/faulty-disk.ts";
import type { KnownFile } from "../store/known-file.ts";
import type { RoundStore } from "../store/round-store.ts";
import { stepModel } from "./commit/model-step.ts";
import { knownFile } from "./testing/known-file.ts";
import { OnePartyRound, packedReport, RING_BITS, ROUND_VALUES, reportSha256, STEP } from "./testing/one-party-round.ts";

const want = Float32Array.from({ length: ROUND_VALUES }, (_, index) => 1 + (index - 400) * STEP);
let folder: string;
let base: KnownFile;

beforeAll(async () => {
  folder = await trialFolder("round-files-faults");
  const bytes = new Uint8Array(new Float32Array(ROUND_VALUES).fill(1).buffer);
  const parts = safetensorsParts([{ name: "w", dtype: "F32", shape: [ROUND_VALUES], bytes }]);
  await writeFile(join(folder, "base"), Buffer.concat(parts));
  base = await knownFile(join(folder, "base"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function expectModel(store: RoundStore): Promise<void> {
  const bytes = (await readFile(store.modelPath(0))).subarray(-4 * ROUND_VALUES);
  expect(equalBytes(bytes, new Uint8Array(want.buffer))).toBe(true);
}

describe.each(Object.values(Fault))(
  "a round from its first upload to its commit, %s at every call in turn",
  (fault) => {
    it("keeps the announced sum and the commit, and otherwise does it again", async () => {
      let trial = 0;
      const calls = await tryEveryCall(fault, async () => {
        const round = new OnePartyRound(join(folder, fault, String(trial++)), base);
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
  const round = new OnePartyRound(join(folder, "lost-record"), base);
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
    { name: "changed", damage: (path: string) => writeFile(path, Buffer.alloc(packedReport.length, 1)) },
    { name: "gone", damage: (path: string) => rm(path) },
  ];
  async function announcedRound(data: string): Promise<{ round: OnePartyRound; sum: string }> {
    const round = new OnePartyRound(data, base);
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
      await writeFile(path, packedReport);
      await damage(path);
      const optimiser = serverOptimiserByName("FedAvg");
      const opened = {
        sha256: reportSha256,
        offset: 0,
        parameters: ROUND_VALUES,
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
