import { createLogger } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import { metricTotals } from "./task-metrics.ts";

const known = { known: ["validation_loss", "accuracy"], log: createLogger("task-metrics.test", "silent") };
const totalsOf = (sum: number, count: bigint) =>
  metricTotals("round-0/Evaluate", [{ name: "validation_loss", sum, count }] as never, known);

describe("metricTotals", () => {
  it.each([
    { of: [{ name: "validation_loss", sum: Number.NaN, count: 1n }], says: "validation_loss is NaN" },
    { of: [{ name: "validation_loss", sum: 3, count: 0n }], says: "validation_loss has a sum over no units" },
    {
      of: [1, 2].map((sum) => ({ name: "validation_loss", sum, count: 1n })),
      says: "validation_loss is reported twice",
    },
    {
      of: ["validation_loss", "val_loss"].map((name) => ({ name, sum: 3, count: 1n })),
      says: "1 of 2 metrics have another name than validation_loss or accuracy. The log of the worker's sidecar has them.",
    },
  ])("refuses metrics that would open as something else: $says", ({ of, says }) => {
    expect(() => metricTotals("round-0/Evaluate", of as never, known)).toThrow(`task round-0/Evaluate: ${says}`);
  });

  it("takes every count that a double holds", () => {
    const count = Number.MAX_SAFE_INTEGER;
    expect(totalsOf(1, BigInt(count))).toEqual({ validation_loss: { sum: 1, count } });
  });

  it.each([2n ** 53n, 9007199254740993n, 2n ** 64n - 1n])("refuses a count that would become another: %d", (count) => {
    expect(() => totalsOf(1, count)).toThrow(
      `task round-0/Evaluate: validation_loss counts too many units, must count 9007199254740991 at most`,
    );
  });
});
