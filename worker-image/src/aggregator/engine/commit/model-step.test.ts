import { open, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { layoutSafetensors, packRing, parseParameters, serverOptimiserByName } from "@tributary/federated";
import { type Disk, isStorageError, nodeDisk } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { trialFolder } from "../../../shared/files/testing/faulty-disk.ts";
import { corrupt } from "../../store/ledger-line.ts";
import { objectName, slotName } from "../../store/round-folder.ts";
import type { RoundMarks } from "../../store/round-store.ts";
import { knownFile } from "../testing/known-file.ts";
import { MemoryJob, steadyReport } from "../testing/memory-job.ts";
import { type ModelStepRequest, stepModel } from "./model-step.ts";

const VALUES = 64;
const RING_BITS = 20;
const optimiser = serverOptimiserByName("FedAdam");
const layout = layoutSafetensors([{ name: "w", dtype: "F32", shape: [VALUES] }]);
let folder: string;
beforeEach(async () => {
  folder = await trialFolder("model-step");
  await writeFile(join(folder, "model-0"), Buffer.concat([layout.header, Buffer.alloc(4 * VALUES)]));
  await writeFile(join(folder, "sum"), packRing(new Int32Array(VALUES).fill(100), RING_BITS));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const modelPath = (round: number) => join(folder, `model-${round}`);
const slots = optimiser.stateSlots.map(({ name }) => name);
const statePath = (round: number, slot = slots[0]!) => join(folder, `state-${round}-${slot}`);

/** Marks of what the step of each round wrote. */
let marks: Map<number, RoundMarks>;
beforeEach(() => {
  marks = new Map();
});

/** Steps from the files of a round to those of the next; a process that took them up knows no marks of them. */
async function stepOn(round: number, isKnown: boolean, digests: Digests, disk: Disk = nodeDisk) {
  const known = isKnown ? marks.get(round) : undefined;
  const base = await knownFile(modelPath(round));
  const damaged = (what: string) => (found: string) => corrupt(round, what, found);
  const slotOf = async (slot: string) => {
    const file = await knownFile(statePath(round, slot));
    const [sha256, marks] = [digests.optimiser[slot]!, known?.optimiser[slot]];
    return [slot, { ...file, sha256, marks, damaged: damaged(slotName(slot)) }] as const;
  };
  const request: ModelStepRequest = {
    optimiser,
    parameters: parseParameters(optimiser, {}),
    round,
    base: { ...base, sha256: digests.modelSha256, marks: known?.objects.model, damaged: damaged(objectName("model")) },
    state: round === 0 ? undefined : Object.fromEntries(await Promise.all(slots.map(slotOf))),
    sums: [
      { path: join(folder, "sum"), offset: 0, parameters: VALUES, ringBits: RING_BITS, step: 2 ** -10, parties: 1 },
    ],
    noteMarks: (written) => void marks.set(round + 1, written),
    modelOut: modelPath(round + 1),
    slotOut: (slot) => statePath(round + 1, slot),
    disk,
  };
  return stepModel(request);
}

type Digests = Awaited<ReturnType<typeof stepModel>>;

async function firstStep(): Promise<Digests> {
  const { sha256 } = await knownFile(modelPath(0));
  return stepOn(0, false, { modelSha256: sha256, optimiser: {} });
}

async function overwrite(path: string, position: number, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "r+");
  await file.write(bytes, 0, bytes.length, position);
  await file.close();
}

const slotBytes = 4 * VALUES;
const slotFile = `optimiser/${slots[0]}.bin`;
const lastSlot = slots.at(-1)!;
const damages = [
  { what: slotFile, name: "a changed value", damage: () => overwrite(statePath(1), 4, Buffer.alloc(1, 7)) },
  {
    what: `optimiser/${lastSlot}.bin`,
    name: "zeros in its middle",
    damage: () => overwrite(statePath(1, lastSlot), 64, Buffer.alloc(64)),
  },
  { what: slotFile, name: "an end that is missing", damage: () => truncate(statePath(1), slotBytes - 1) },
  { what: slotFile, name: "bytes behind its end", damage: () => truncate(statePath(1), slotBytes + 1) },
  { what: slotFile, name: "no name", damage: () => rm(statePath(1)) },
  {
    what: "objects/model.safetensors",
    name: "a changed value",
    damage: () => overwrite(modelPath(1), layout.header.length, Buffer.alloc(2, 7)),
  },
  {
    what: "objects/model.safetensors",
    name: "a value with which the step overflows",
    damage: () => overwrite(modelPath(1), layout.header.length, Buffer.from(Float32Array.of(Number.NaN).buffer)),
  },
  {
    what: "objects/model.safetensors",
    name: "another name in its header",
    damage: () => overwrite(modelPath(1), 10, Buffer.from("v")),
  },
  { what: "objects/model.safetensors", name: "no header", damage: () => overwrite(modelPath(1), 8, Buffer.alloc(8)) },
  {
    what: "objects/model.safetensors",
    name: "an end that is missing",
    damage: () => truncate(modelPath(1), layout.sizeBytes - 4),
  },
  { what: "objects/model.safetensors", name: "no name", damage: () => rm(modelPath(1)) },
];

describe.each([
  { by: "this process", isKnown: true },
  { by: "a former one", isKnown: false },
])("what the round before left, written by $by", ({ isKnown }) => {
  it("is stepped on from", async () => {
    const first = await firstStep();
    const known = await stepOn(1, isKnown, first);
    expect(await stepOn(1, !isKnown, first)).toEqual(known);
    expect(marks.get(2)).toMatchObject({
      objects: { model: { sizeBytes: layout.sizeBytes } },
      optimiser: Object.fromEntries(slots.map((slot) => [slot, { sizeBytes: slotBytes }])),
    });
  });

  it.each(damages)("is refused with its remedy when $what has $name", async ({ what, damage }) => {
    const first = await firstStep();
    await damage();
    const found = expect.stringMatching(
      new RegExp(`^round 1: ${what} is .*; restore the data directory from a backup$`),
    );
    await expect(stepOn(1, isKnown, first)).rejects.toMatchObject({ code: "LEDGER_CORRUPT", message: found });
  });
});

it("a state that is not on the disk as it was written makes no round: its volume does not work", async () => {
  const first = await firstStep();
  let isLost = false;
  const disk: Disk = {
    ...nodeDisk,
    async open(path, flags, mode) {
      const file = await nodeDisk.open(path, flags, mode);
      if (path !== statePath(2)) return file;
      const readSome: typeof file.readSome = async (...given) => {
        if (!isLost) await overwrite(path, 64, Buffer.alloc(4, 9));
        isLost = true;
        return file.readSome(...given);
      };
      return { ...file, readSome };
    },
  };
  const failure = await stepOn(1, true, first, disk).catch((error: unknown) => error);
  expect(isStorageError(failure)).toBe(true);
});

describe("a job whose newest files are damaged while it runs", () => {
  it.each([
    { what: slotFile, path: `rounds/000001/${slotFile}`, code: "LEDGER_CORRUPT" },
    { what: "objects/model.safetensors", path: "rounds/000001/objects/model.safetensors", code: "LEDGER_CORRUPT" },
  ])("ends by the name of $what, and commits nothing from it", async ({ what, path, code }) => {
    const job = await MemoryJob.create({
      parties: 2,
      report: steadyReport(2 ** -9),
      strategy: { name: "FedAdam", parameters: {} },
    });
    try {
      const process = await job.start();
      await job.openWindow(process, 1);
      await vi.waitFor(() => expect(process.engine.view.committedRounds).toBe(2), 60_000);
      await overwrite(join(job.directory, "data", path), 90, Buffer.alloc(1, 1));
      await job.openWindow(process, 3, { from: 2 });
      const message = expect.stringContaining(`round 1: ${what}`);
      expect(await process.ended).toMatchObject({ code, message });
      expect(process.engine.view.committedRounds).toBe(2);
    } finally {
      await job.destroy();
    }
  });

  it("ends by the name of the model before round 0", async () => {
    const job = await MemoryJob.create({ parties: 2, report: steadyReport(2 ** -9) });
    try {
      const process = await job.start();
      await overwrite(join(job.directory, "data/initial/model.safetensors"), 90, Buffer.alloc(1, 1));
      await job.openWindow(process, 0);
      expect(await process.ended).toMatchObject({ code: "MODEL_MISMATCH" });
    } finally {
      await job.destroy();
    }
  });
});
