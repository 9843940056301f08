import { describe, expect, it } from "vitest";
import { hypergeometricTail } from "./hypergeometric.ts";
import { chooseNeighbourhood, completeThreshold, keepsPrivacy, keepsRecovery } from "./neighbourhoods.ts";

type Cell = readonly [neighbours: number, threshold: number] | null;
type Column = readonly [corruptRatio: number, dropRatio: number];

const columns: readonly Column[] = [
  [0.05, 0.05],
  [0.1, 0.1],
  [0.2, 0.05],
  [0.2, 0.2],
  [0.33, 0.1],
];

/** Corrections to the data-plane page, D5 (one view of the survivors) and D6 (split views): smallest even k and its t. */
const oneView: readonly (readonly [parties: number, ...cells: Cell[]])[] = [
  [100, [12, 7], [22, 12], [24, 19], [42, 22], [42, 32]],
  [1_000, [34, 18], [52, 28], [58, 39], [112, 58], [114, 78]],
  [10_000, [38, 21], [60, 32], [68, 46], [134, 70], [140, 95]],
  [100_000, [40, 22], [64, 34], [74, 49], [146, 76], [150, 101]],
];
const splitViews: readonly (readonly [parties: number, ...cells: Cell[]])[] = [
  [100, [16, 11], [32, 22], [32, 27], [62, 42], [54, 44]],
  [1_000, [60, 41], [114, 78], [104, 80], [340, 229], [244, 189]],
  [10_000, [74, 51], [144, 98], [132, 101], null, [358, 276]],
  [100_000, [80, 55], [156, 106], [144, 110], null, [400, 308]],
];

const cells = [
  ...oneView.flatMap(([parties, ...row]) =>
    row.map((want, column) => ({ parties, want, split: false, bounds: columns[column]! })),
  ),
  ...splitViews.flatMap(([parties, ...row]) =>
    row.map((want, column) => ({ parties, want, split: true, bounds: columns[column]! })),
  ),
];

describe("the table of neighbourhoods", () => {
  it.each(cells)(
    "$parties parties, corrupt and dropped $bounds, split views $split: $want",
    ({ parties, want, split, bounds }) => {
      const [corruptRatio, dropRatio] = bounds;
      const graph = { corruptRatio, dropRatio, splitViews: split };
      if (want === null) {
        // The largest degree of the table's search has no threshold that keeps both promises, nor has a sample below it.
        for (const neighbours of [500, 400, 300]) expect(hasThreshold(parties, neighbours, graph)).toBe(false);
        return;
      }
      const [neighbours, threshold] = want;
      const cell = { neighbours, threshold };
      expect(keepsPrivacy(parties, cell, graph) && keepsRecovery(parties, cell, graph)).toBe(true);
      expect(keepsPrivacy(parties, { neighbours, threshold: threshold - 1 }, graph)).toBe(false);
      expect(hasThreshold(parties, neighbours - 2, graph)).toBe(false);
    },
  );

  it.each(cells.filter(({ parties }) => parties === 100))(
    "is what the search finds for $parties parties: $want",
    ({ parties, want, split, bounds }) => {
      const found = chooseNeighbourhood(parties, { corruptRatio: bounds[0], dropRatio: bounds[1], splitViews: split });
      expect(found).toEqual({ neighbours: want![0], threshold: want![1] });
    },
  );

  it("has no entry where even all neighbours are too few", () => {
    expect(chooseNeighbourhood(5, { corruptRatio: 0.4, dropRatio: 0.4, splitViews: true })).toBeNull();
  });
});

describe("bad bounds of a graph", () => {
  const bounds = { corruptRatio: 0.1, dropRatio: 0.1, splitViews: true };
  it.each([
    [100, { corruptRatio: -0.1 }, "corruptRatio is -0.1, must be >= 0 and <= 1"],
    [100, { corruptRatio: Number.NaN }, "corruptRatio is NaN"],
    [100, { dropRatio: 1.5 }, "dropRatio is 1.5"],
    [2, {}, "parties is 2, must be an integer from 3"],
    [1e7, {}, "parties is 10000000"],
  ])("%d parties with %j are refused", (parties, change, want) => {
    expect(() => chooseNeighbourhood(parties, { ...bounds, ...change })).toThrow(want);
  });
});

describe("the threshold of a complete graph", () => {
  it("outnumbers two views with floor((n-1)/3) colluding parties", () => {
    for (let parties = 3; parties <= 64; parties++) {
      const threshold = completeThreshold(parties);
      expect(2 * threshold).toBeGreaterThan(parties + Math.floor((parties - 1) / 3));
      expect(threshold).toBeLessThanOrEqual(parties);
      expect(threshold).toBeGreaterThanOrEqual(3);
    }
  });
});

describe("hypergeometric tails", () => {
  it("agree with fractions worked out by hand", () => {
    expect(hypergeometricTail(10, 4, 3, 2)).toBeCloseTo(1 / 3, 12);
    expect(hypergeometricTail(10, 4, 3, 3)).toBeCloseTo(1 / 30, 12);
    expect(hypergeometricTail(10, 4, 3, 0)).toBe(1);
    expect(hypergeometricTail(10, 4, 3, 4)).toBe(0);
    expect(hypergeometricTail(10, 8, 5, 3)).toBe(1);
  });

  it("name the argument that is out of range", () => {
    expect(() => hypergeometricTail(10, 11, 3, 1)).toThrow("marked is 11");
    expect(() => hypergeometricTail(10, 4, 11, 1)).toThrow("draws is 11");
  });
});

function hasThreshold(parties: number, neighbours: number, graph: Parameters<typeof keepsPrivacy>[2]): boolean {
  for (let threshold = neighbours / 2 + 1; threshold <= neighbours; threshold++) {
    const cell = { neighbours, threshold };
    if (!keepsRecovery(parties, cell, graph)) return false;
    if (keepsPrivacy(parties, cell, graph)) return true;
  }
  return false;
}
