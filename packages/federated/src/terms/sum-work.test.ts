import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { horizontal, type RoundTerms, type SeatWork, sumWorks, toHex } from "../index.ts";

const crypto = {
  sha256: (...parts: readonly Uint8Array[]) => {
    const hash = createHash("sha256");
    for (const part of parts) hash.update(part);
    return new Uint8Array(hash.digest());
  },
};

const plain: SeatWork = { localSteps: 100, hyperparameters: { learningRate: "1e-3", optimiser: "AdamW" }, rank: 0 };
const set = (hyperparameters: Readonly<Record<string, string>>, localSteps = plain.localSteps): SeatWork => ({
  ...plain,
  localSteps,
  hyperparameters: { ...plain.hyperparameters, ...hyperparameters },
});

/** Three seats with a work each, whose data have these names. */
function sum(
  works: readonly SeatWork[],
  change: Partial<RoundTerms> = {},
  names: readonly number[] = [1, 2, 3],
  workerCounts: readonly number[] = [1, 1, 1],
) {
  const { steps, sections } = horizontal.plan(
    { tensors: [{ name: "w", shape: [16] }], hasAdapter: false },
    {},
    { isEvaluateOnly: false },
  );
  const seats = works.map((_, work) => ({
    ...{ party: work + 1, participant: `p${work}`, role: "Trainer", organisation: `o${work}` },
    ...{ workerIndex: 0, workerCount: workerCounts[work]!, work, chainDer: [] },
  }));
  const context = { task: "noop", seed: 1n, adapterJson: "", sourceSha256: new Uint8Array(32) };
  const strategy = { name: "FedAvg", parameters: { serverLearningRate: "1" } };
  const terms: RoundTerms = {
    jobUid: "job",
    line: 3,
    paradigm: "Horizontal",
    works,
    seats,
    steps,
    sections,
    strategy,
    context,
    ...change,
  };
  const summed = seats.map(({ party }, index) => ({ party, dataName: new Uint8Array(36).fill(names[index]!) }));
  return Object.fromEntries(
    Object.entries(sumWorks(crypto, terms, summed)).map(([name, digest]) => [name, toHex(digest)]),
  );
}

const alike = sum([plain, plain, plain]);
const strategy = (parameters: Readonly<Record<string, string>>) => ({ strategy: { name: "FedAvg", parameters } });

describe("the work of a sum", () => {
  it.each([
    {
      given: "of a job that was made again, for another line",
      other: sum([plain, plain, plain], { jobUid: "again", line: 7 }),
    },
    { given: "of a sweep over the learning rate of all", other: sum(Array(3).fill(set({ learningRate: "0.1" }))) },
    { given: "of a sweep over the steps of all", other: sum(Array(3).fill(set({}, 50))) },
    { given: "under another server step", other: sum([plain, plain, plain], strategy({ serverLearningRate: "0.5" })) },
    {
      given: "whose settings stand in another order",
      other: sum(Array(3).fill({ ...plain, hyperparameters: { optimiser: "AdamW", learningRate: "1e-3" } })),
    },
  ])("is the same $given", ({ other }) => expect(other).toEqual(alike));

  it("is the same when the same seats have other numbers", () => {
    const one = set({ learningRate: "0.1" });
    expect(sum([plain, plain, one], {}, [2, 3, 1])).toEqual(sum([one, plain, plain], {}, [1, 2, 3]));
  });

  it.each([
    { given: "one seat's learning rate", other: sum([plain, plain, set({ learningRate: "0.002" })]) },
    { given: "one seat's steps", other: sum([plain, plain, set({}, 101)]) },
    { given: "one seat's other setting", other: sum([plain, plain, set({ optimiser: "Sgd" })]) },
    { given: "one seat's rank", other: sum([plain, plain, { ...plain, rank: 4 }]) },
    { given: "a setting of all that may touch one seat alone", other: sum(Array(3).fill(set({ maxTokens: "512" }))) },
    { given: "the clip norm", other: sum([plain, plain, plain], strategy({ clipNorm: "1" })) },
    { given: "the weighting", other: sum([plain, plain, plain], strategy({ weighting: "Party" })) },
    { given: "whose data they are", other: sum([plain, plain, plain], {}, [1, 2, 4]) },
  ])("is another one with $given", ({ other }) => expect(other.update).not.toBe(alike.update));

  it("is another one in all sections where one seat's data are dealt among more workers", () => {
    const other = sum([plain, plain, plain], {}, [1, 2, 3], [1, 1, 2]);
    for (const [section, digest] of Object.entries(other)) expect(digest).not.toBe(alike[section]);
  });

  it("is another one for each seat that does other work, and for how much other", () => {
    const one = set({ learningRate: "0.1" });
    const all = [
      [one, plain, plain],
      [plain, one, plain],
      [set({ learningRate: "0.2" }), plain, plain],
    ].map((works) => sum(works).update);
    expect(new Set(all).size).toBe(3);
  });

  it("does not hold local steps where a section says how good the start is", () => {
    const other = sum([plain, plain, set({}, 0)]);
    expect(other.evaluation).toBe(alike.evaluation);
    expect([other.training, other.update]).toEqual([other.update, other.training]);
    expect(other.training).not.toBe(alike.training);
  });
});
