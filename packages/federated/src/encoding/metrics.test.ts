import { describe, expect, it } from "vitest";
import { decodeMetrics, encodeMetrics, largestMetric } from "./metrics.ts";

const codings = [
  { name: "loss", step: 2 ** -10 },
  { name: "tokens", step: 1 },
];

describe("metric segment", () => {
  it("sums come back as numbers of their names", () => {
    const first = encodeMetrics(codings, { loss: 2.5, tokens: 100 }, 2);
    const second = encodeMetrics(codings, { tokens: 7, loss: -0.25 }, 2);
    const sums = first.values.map((value, i) => value + second.values[i]!);
    expect(decodeMetrics(codings, sums)).toEqual({ loss: 2.25, tokens: 107 });
    expect([first.saturated, second.saturated]).toEqual([[], []]);
  });

  it("clamps a metric so that all parties together stay in the ring, and says which", () => {
    const { values, saturated } = encodeMetrics(codings, { loss: 1e30, tokens: 1 }, 16);
    expect([...values]).toEqual([2 ** 27 - 1, 1]);
    expect(saturated).toEqual(["loss"]);
    expect(16 * largestMetric(16)).toBeLessThan(2 ** 31);
  });

  it.each([
    { metrics: { loss: 1 }, want: "metrics.tokens is undefined, must be finite" },
    { metrics: { loss: Number.NaN, tokens: 1 }, want: "metrics.loss is NaN, must be finite" },
    { metrics: { loss: 1, tokens: 1, accuracy: 1 }, want: 'metrics is "accuracy", must be a metric of the plan' },
  ])("refuses: $want", ({ metrics, want }) => {
    expect(() => encodeMetrics(codings, metrics as Record<string, number>, 2)).toThrow(want);
  });

  it.each([
    { bad: [{ name: "", step: 1 }], want: "a name that appears once" },
    { bad: [...codings, { name: "loss", step: 1 }], want: 'metrics is "loss", must be a name that appears once' },
    { bad: [{ name: "loss", step: 3 }], want: "metrics.loss.step is 3, must be a power of two" },
  ])("refuses codings: $want", ({ bad, want }) => {
    expect(() => encodeMetrics(bad, {}, 2)).toThrow(want);
    expect(() => decodeMetrics(bad, new Int32Array(bad.length))).toThrow(want);
  });

  it("refuses sums of another length", () => {
    expect(() => decodeMetrics(codings, new Int32Array(3))).toThrow("sums is Int32Array of 12 bytes, must be 2 values");
  });
});
