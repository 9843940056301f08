import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkDistance,
  checkModelNotLeft,
  checkRosterAllowsSum,
  DATA_NAME_BYTES,
  emptyHistory,
  enterModel,
  REMEMBERED_MODELS,
  recordSurvivors,
  type SumHistory,
  survivorSet,
} from "./sum-history.ts";

const names = Array.from({ length: 12 }, (_, index) => new Uint8Array(DATA_NAME_BYTES).fill(index + 1));
const aSubset = fc.subarray(
  names.map((_, index) => index),
  { minLength: 3 },
);

describe("survivors signed on one model", () => {
  it("are accepted exactly when they are the same or far enough, and at most two sets are", () => {
    fc.assert(
      fc.property(
        fc.array(aSubset, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 3, max: 6 }),
        (subsets, minDistance) => {
          let history = enterModel(emptyHistory(), new Uint8Array(32));
          const signed: number[][] = [];
          for (const subset of subsets) {
            const isKnown = signed.some((set) => distance(set, subset) === 0);
            const isFar = signed.length < 2 && signed.every((set) => distance(set, subset) >= minDistance);
            const found = checkDistance(history, 7, setOf(subset), minDistance);
            expect(found === null).toBe(isKnown || isFar);
            if (found !== null) continue;
            history = recordSurvivors(history, 7, setOf(subset));
            if (!isKnown) signed.push(subset);
          }
        },
      ),
    );
  });

  it("do not bind another segment or another model", () => {
    const first = recordSurvivors(enterModel(emptyHistory(), new Uint8Array(32)), 7, setOf([0, 1, 2, 3]));
    expect(checkDistance(first, 7, setOf([0, 1, 2]), 3)?.reason).toBe("BitmapTooClose");
    expect(checkDistance(first, 9, setOf([0, 1, 2]), 3)).toBeNull();
    expect(checkDistance(enterModel(first, new Uint8Array(32).fill(1)), 7, setOf([0, 1, 2]), 3)).toBeNull();
  });

  it("are one set whatever the order of its parties", () => {
    expect(survivorSet([names[3]!, names[1]!])).toEqual(survivorSet([names[1]!, names[3]!]));
  });
});

describe("a roster on a model with a signed sum", () => {
  it("is refused exactly when no allowed survivors can come from it", () => {
    fc.assert(
      fc.property(
        aSubset,
        aSubset,
        fc.integer({ min: 3, max: 5 }),
        fc.integer({ min: 3, max: 6 }),
        (signed, roster, minSurvivors, minDistance) => {
          const history = recordSurvivors(enterModel(emptyHistory(), new Uint8Array(32)), 7, setOf(signed));
          const isAllowed = subsetsOf(roster).some(
            (subset) =>
              distance(subset, signed) === 0 ||
              (subset.length >= minSurvivors && distance(subset, signed) >= minDistance),
          );
          const found = checkRosterAllowsSum(
            history,
            roster.map((index) => names[index]!),
            minSurvivors,
            minDistance,
          );
          if (roster.length >= minSurvivors) expect(found === null).toBe(isAllowed);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("base models", () => {
  it("come back never, and stay as long as they are the present one", () => {
    const [first, second] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const history = enterModel(enterModel(emptyHistory(), first), second);
    expect(checkModelNotLeft(history, second)).toBeNull();
    expect(checkModelNotLeft(history, first)?.reason).toBe("ModelReplayed");
  });

  it("are forgotten, oldest first, beyond the bound", () => {
    const full: SumHistory = {
      ...emptyHistory(),
      model: new Uint8Array(32).fill(9),
      leftModels: new Uint8Array(8 * REMEMBERED_MODELS),
    };
    const next = enterModel(full, new Uint8Array(32).fill(3));
    expect(next.leftModels).toHaveLength(8 * REMEMBERED_MODELS);
    expect(checkModelNotLeft(next, new Uint8Array(32).fill(9))?.reason).toBe("ModelReplayed");
  });
});

function setOf(indices: readonly number[]): Uint8Array {
  return survivorSet(indices.map((index) => names[index]!));
}

function distance(a: readonly number[], b: readonly number[]): number {
  return a.filter((item) => !b.includes(item)).length + b.filter((item) => !a.includes(item)).length;
}

function subsetsOf(items: readonly number[]): number[][] {
  return Array.from({ length: 2 ** items.length }, (_, mask) =>
    items.filter((_item, index) => (mask >> index) % 2 === 1),
  );
}
