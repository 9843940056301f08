import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codingsInParts, decodeMetrics, encodeMetrics, largestMetric } from "./metrics.ts";

const codings = [
  { name: "loss", step: 2 ** -10 },
  { name: "tokens", step: 1 },
];

describe("metric segment", () => {
  it("sums come back as numbers of their names", () => {
    const { values: first } = encodeMetrics(codings, { loss: 2.5, tokens: 100 }, 2);
    const { values: second } = encodeMetrics(codings, { tokens: 7, loss: -0.25 }, 2);
    const sums = first.map((value, i) => value + second[i]!);
    expect(decodeMetrics(codings, sums)).toEqual({ loss: 2.25, tokens: 107 });
  });

  it.each([2, 3, 16, 100, 257, 65_535])(
    "%d parties that each count the most that fits do not wrap the ring",
    (parties) => {
      const most = { loss: largestMetric(parties) * 2 ** -10, tokens: -largestMetric(parties) };
      const { values: one } = encodeMetrics(codings, most, parties);
      const sums = one.map((value) => value * parties);
      expect(decodeMetrics(codings, sums)).toEqual({ loss: most.loss * parties, tokens: most.tokens * parties });
    },
  );

  it.each([2, 16, 100, 257])(
    "in two parts, the mean loss of %d parties with a million tokens each is what it was",
    (parties) => {
      const inParts = [...codingsInParts("loss", 2 ** -10, parties), ...codingsInParts("tokens", 1, parties)];
      const { values: one } = encodeMetrics(inParts, { loss: 4e6, tokens: 1e6 }, parties);
      const opened = decodeMetrics(
        inParts,
        one.map((value) => value * parties),
      );
      expect(opened).toEqual({ loss: 4e6 * parties, tokens: 1e6 * parties });
    },
  );

  it("two parts give back any number of steps, of both signs, up to their bound", () => {
    const parties = 100;
    const inParts = codingsInParts("loss", 2 ** -10, parties);
    const most = (largestMetric(parties) * 2 ** 24 + 2 ** 23 - 1) * 2 ** -10;
    fc.assert(
      fc.property(
        fc.oneof(fc.double({ min: -most, max: most, noNaN: true }), fc.constantFrom(most, -most, 0)),
        (value) => {
          const opened = decodeMetrics(inParts, encodeMetrics(inParts, { loss: value }, parties).values).loss!;
          expect(Math.abs(opened - value)).toBeLessThanOrEqual(2 ** -11);
        },
      ),
    );
  });

  it("a third part shows what is far below a step of the second, and leaves the bound where it is", () => {
    const parties = 100;
    const [coarsest, step, finest] = codingsInParts("loss", 2 ** -10, parties, 3);
    expect([coarsest, step]).toEqual(codingsInParts("loss", 2 ** -10, parties));
    const inParts = [coarsest!, step!, finest!];
    for (const loss of [4e-4, -1e-9, 12_345.678_9, 1e9]) {
      const opened = decodeMetrics(inParts, encodeMetrics(inParts, { loss }, parties).values).loss!;
      expect(Math.abs(opened - loss)).toBeLessThanOrEqual(finest!.step / 2);
    }
    const tooMuch = { loss: (largestMetric(parties) + 1) * coarsest!.step };
    expect(() => encodeMetrics(inParts, tooMuch, parties)).toThrow("metrics.loss is");
  });

  it.each([
    { metrics: { loss: 1 }, want: "metrics.tokens is undefined, must be finite" },
    { metrics: { loss: Number.NaN, tokens: 1 }, want: "metrics.loss is NaN, must be finite" },
    { metrics: { loss: 1e30, tokens: 1 }, want: "metrics.loss is 1e+30, must be within ±1048575.9990234375" },
    { metrics: { loss: 1, tokens: -(2 ** 30) }, want: "metrics.tokens is -1073741824, must be within ±1073741823" },
    { metrics: { loss: 1, tokens: 1, accuracy: 1 }, want: 'metrics is "accuracy", must be a metric of the plan' },
  ])("refuses: $want", ({ metrics, want }) => {
    expect(() => encodeMetrics(codings, metrics as Record<string, number>, 2)).toThrow(want);
  });

  it.each([
    { bad: [{ name: "", step: 1 }], want: "a name that appears once" },
    {
      bad: [
        { name: "loss", step: 1 },
        { name: "loss", step: 1 },
      ],
      want: "neighbouring codings of falling steps",
    },
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
