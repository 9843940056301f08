import { describe, expect, it } from "vitest";
import type { SeatTerms, SeatWork } from "./round-terms.ts";
import { isWorkShared, seatsOfLikeWork } from "./shared-work.ts";

const plain: SeatWork = {
  localSteps: 100,
  hyperparameters: { learningRate: "1e-3", batchSize: "4", optimiser: "AdamW", dtype: "float32" },
  rank: 8,
};
const seat = (party: number, work: number, organisation = `o${party}`): SeatTerms => ({
  party,
  organisation,
  work,
  participant: `p${party}`,
  role: "Trainer",
  workerIndex: 0,
  workerCount: 1,
  chainDer: [],
});
/** Four seats, the last of which does other work. */
const with4th = (work: SeatWork) => ({
  works: [plain, work],
  seats: [seat(1, 0), seat(2, 0), seat(3, 0), seat(4, 1)],
});
const set = (hyperparameters: Readonly<Record<string, string>>): SeatWork => ({
  ...plain,
  hyperparameters: { ...plain.hyperparameters, ...hyperparameters },
});

describe("like work", () => {
  it.each([
    { name: "the same", work: plain },
    { name: "eight times the steps", work: { ...plain, localSteps: 800 } },
    { name: "an eighth of the steps", work: { ...plain, localSteps: 13 } },
    { name: "eight times the learning rate", work: set({ learningRate: "0.008" }) },
    { name: "eight times the batch", work: set({ batchSize: "32" }) },
    {
      name: "another type of numbers, device and accumulation",
      work: set({ dtype: "bfloat16", device: "cuda", accumulation: "2" }),
    },
  ])("is $name", ({ work }) => {
    for (const party of [1, 4]) expect(seatsOfLikeWork(with4th(work), party)).toHaveLength(4);
  });

  it.each([
    { name: "no step", work: { ...plain, localSteps: 0 } },
    { name: "nine times the steps", work: { ...plain, localSteps: 900 } },
    { name: "a twelfth of the steps", work: { ...plain, localSteps: 8 } },
    { name: "no learning rate", work: set({ learningRate: "0" }) },
    { name: "a learning rate that is no number", work: set({ learningRate: "fast" }) },
    { name: "nine times the batch", work: set({ batchSize: "36" }) },
    { name: "another optimiser", work: set({ optimiser: "SGD" }) },
    { name: "one hyperparameter more", work: set({ proximal: "1" }) },
    { name: "another rank", work: { ...plain, rank: 4 } },
  ])("is not $name", ({ work }) => {
    expect(seatsOfLikeWork(with4th(work), 1).map(({ party }) => party)).toEqual([1, 2, 3]);
    expect(seatsOfLikeWork(with4th(work), 4).map(({ party }) => party)).toEqual([4]);
    expect(isWorkShared(with4th(work), 4, [1, 2, 3, 4], { seats: 3, organisations: 1 })).toBe(false);
    expect(isWorkShared(with4th(work), 1, [1, 2, 3, 4], { seats: 3, organisations: 3 })).toBe(true);
  });

  it("counts nobody who is not there, whatever seats the terms invent", () => {
    const terms = { works: [plain], seats: Array.from({ length: 9 }, (_, index) => seat(index + 1, 0)) };
    expect(isWorkShared(terms, 1, [1, 2], { seats: 3, organisations: 2 })).toBe(false);
    expect(isWorkShared(terms, 1, [1, 2, 7], { seats: 3, organisations: 3 })).toBe(true);
  });

  it("counts organisations and not seats, and nobody who has no seat", () => {
    const terms = { works: [plain], seats: [seat(1, 0, "a"), seat(2, 0, "a"), seat(3, 0, "b")] };
    expect(isWorkShared(terms, 1, [1, 2, 3], { seats: 3, organisations: 2 })).toBe(true);
    expect(isWorkShared(terms, 1, [1, 2, 3], { seats: 3, organisations: 3 })).toBe(false);
    expect(isWorkShared(terms, 9, [1, 2, 3, 9], { seats: 1, organisations: 1 })).toBe(false);
  });
});
