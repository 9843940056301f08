import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { countBytes, type LedgerLine, type LedgerOutcome } from "./ledger-line.ts";
import { RoundStore } from "./round-store.ts";

const GENESIS = "0".repeat(64);
let data: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "rounds-"));
});
afterEach(() => rm(data, { recursive: true, force: true }));

const openStore = () => RoundStore.open(data, "job-1", GENESIS);

async function commit(
  store: RoundStore,
  outcome: LedgerOutcome = "Committed",
  model = `model after round ${store.rounds.length}`,
): Promise<void> {
  const prepared = await store.prepareCommit({ writes: outcome === "Committed" });
  if (outcome === "Committed") await writeFile(prepared.objectPath("model"), model);
  await store.commit(prepared, aLine(store, { outcome, objects: { model: sha256Of(model) } }));
}

/** Writes a fourth line. */
async function addLine(line: unknown): Promise<void> {
  await mkdir(join(data, "rounds/000003"));
  await writeFile(join(data, "rounds/000003/line.json"), JSON.stringify(line));
}

function sha256Of(model: string): string {
  return createHash("sha256").update(model).digest("hex");
}

function aLine(store: RoundStore, change: Partial<LedgerLine>): LedgerLine {
  return {
    version: 2,
    jobUid: "job-1",
    round: store.rounds.length,
    outcome: "Committed",
    previous: store.head,
    reads: {},
    objects: {},
    optimiser: {},
    strategy: "FedAvg",
    paradigm: "Horizontal",
    phase: "Train",
    recipeState: {},
    cohorts: [],
    combine: { rule: "Mean", weights: [1] },
    metrics: {},
    stepExponents: [-20],
    nextStepExponents: [-20],
    saturated: 0,
    localSteps: 1,
    bytes: {},
    startedMs: 0,
    committedMs: 0,
    ...change,
  };
}

/** The bytes of the lines, each of them counted. */
function sumOf({ rounds }: RoundStore) {
  const sum = (direction: "up" | "down") => rounds.reduce((total, { line }) => total + countBytes(line, direction), 0);
  return { up: sum("up"), down: sum("down") };
}

describe("RoundStore", () => {
  it("finds after a restart what was committed, with the same head", async () => {
    const store = await openStore();
    for (let round = 0; round < 4; round++) await commit(store);
    const again = await openStore();
    expect(again.rounds).toEqual(store.rounds);
    expect(again.head).toBe(store.head);
    expect(again.newestModelRound()).toBe(3);
  });

  it("sums the bytes of its lines, also of those that came since it was asked, and after it has read them again", async () => {
    const sets = [{ update: { up: 7, down: 0 }, model: { up: 0, down: 2 } }, {}, { model: { up: 0, down: 30 } }];
    const store = await openStore();
    expect(store.bytes).toEqual({ up: 0, down: 0 });
    for (const bytes of sets) {
      const prepared = await store.prepareCommit({ writes: false });
      await store.commit(prepared, aLine(store, { outcome: "Evaluated", bytes }));
      expect(store.bytes).toEqual(sumOf(store));
    }
    expect(store.bytes).toEqual({ up: 7, down: 32 });
    expect((await openStore()).bytes).toEqual({ up: 7, down: 32 });
    await rm(join(data, "rounds/000002"), { recursive: true });
    await store.reload();
    expect(store.bytes).toEqual({ up: 7, down: 2 });
  });

  it("keeps the models of the newest two rounds", async () => {
    const store = await openStore();
    for (let round = 0; round < 4; round++) await commit(store);
    const files = await Promise.all(["000001", "000002", "000003"].map((name) => readdir(join(data, "rounds", name))));
    expect(files.map((names) => names.includes("objects"))).toEqual([false, true, true]);
  });

  it("keeps older models for as long as they are needed, also over a restart before anybody has said which are", async () => {
    const digestOf = (round: number) => sha256Of(`model after round ${round}`);
    const store = await openStore();
    let needed = 1;
    store.keepModels((sha256) => sha256 === digestOf(needed));
    for (let round = 0; round < 5; round++) await commit(store);
    expect(store.modelRounds).toEqual([1, 3, 4]);
    const again = await openStore();
    expect(again.modelRounds).toEqual([1, 3, 4]);
    again.keepModels((sha256) => sha256 === digestOf(needed));
    await again.reload();
    expect(again.modelRounds).toEqual([1, 3, 4]);
    needed = 3;
    await commit(again, "Evaluated");
    await commit(again);
    expect(again.modelRounds).toEqual([3, 4, 6]);
    needed = 6;
    await again.reload();
    expect(again.modelRounds).toEqual([4, 6]);
    const left = await Promise.all(
      (await readdir(join(data, "rounds"))).map((name) => readdir(join(data, "rounds", name))),
    );
    expect(left.map((names) => names.includes("objects"))).toEqual([
      ...[false, false, false, false],
      ...[true, false, true],
    ]);
  });

  it("keeps one copy of a model that is needed, however many rounds make it again, and none besides the newest", async () => {
    const store = await openStore();
    store.keepModels((sha256) => sha256 === sha256Of("same"));
    for (let round = 0; round < 5; round++) await commit(store, "Committed", "same");
    expect(store.modelRounds).toEqual([3, 4]);
    await commit(store);
    await commit(store, "Committed", "same");
    expect(store.modelRounds).toEqual([5, 6]);
    for (let round = 7; round < 10; round++) await commit(store);
    expect(store.modelRounds).toEqual([6, 8, 9]);
  });

  it("takes the model before for the newest when a round only evaluated", async () => {
    const store = await openStore();
    await commit(store);
    await commit(store, "Evaluated");
    expect((await openStore()).newestModelRound()).toBe(0);
  });

  it("removes what a crash before the rename left", async () => {
    const store = await openStore();
    await commit(store);
    const prepared = await store.prepareCommit();
    await writeFile(prepared.objectPath("model"), "half");
    const again = await openStore();
    expect(again.rounds.length).toBe(1);
    expect(await readdir(join(data, "rounds"))).toEqual(["000000"]);
  });

  it("refuses a line that does not continue the ledger", async () => {
    const store = await openStore();
    const prepared = await store.prepareCommit();
    const line = aLine(store, { previous: "1".repeat(64) });
    await expect(store.commit(prepared, line)).rejects.toMatchObject({ code: "INVARIANT_BROKEN" });
  });

  it.each([
    { name: "a missing round", damage: () => rm(join(data, "rounds/000001"), { recursive: true }), says: "round 1" },
    { name: "a missing line", damage: () => rm(join(data, "rounds/000001/line.json")), says: "round 1: line.json" },
    {
      name: "a line that is no JSON",
      damage: () => writeFile(join(data, "rounds/000002/line.json"), "{"),
      says: "round 2",
    },
    {
      name: "a changed model",
      damage: () => writeFile(join(data, "rounds/000002/objects/model.safetensors"), "x"),
      says: "round 2: objects/model.safetensors",
    },
    {
      name: "a missing model",
      damage: () => rm(join(data, "rounds/000002/objects/model.safetensors")),
      says: "round 2: objects/model.safetensors is missing",
    },
    { name: "a line of another job", damage: () => addLine({ version: 2, jobUid: "other" }), says: "round 3: jobUid" },
    { name: "a line that is null", damage: () => addLine(null), says: "round 3: jobUid is undefined, must be job-1" },
  ])("refuses $name and names it", async ({ damage, says }) => {
    const store = await openStore();
    for (let round = 0; round < 3; round++) await commit(store);
    await damage();
    await expect(openStore()).rejects.toThrow(says);
    await expect(openStore()).rejects.toMatchObject({ code: "LEDGER_CORRUPT" });
  });

  it.each([1, 3])("refuses a ledger of version %i by name, and touches nothing of it", async (version) => {
    await mkdir(join(data, "rounds/000000"), { recursive: true });
    const line = JSON.stringify({ version, jobUid: "job-1", round: 0, previous: GENESIS });
    await writeFile(join(data, "rounds/000000/line.json"), line);
    await expect(openStore()).rejects.toMatchObject({
      code: "LEDGER_VERSION_UNKNOWN",
      message: expect.stringContaining(`round 0: version is ${version}, must be 2; go on with the release that wrote`),
    });
    expect(await readFile(join(data, "rounds/000000/line.json"), "utf8")).toBe(line);
  });
});
