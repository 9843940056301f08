import { decodeMetrics, horizontal, layoutReport, metricNames, STEP_BOUNDS } from "@tributary/federated";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type NextStep, nextSteps } from "./next-steps.ts";

const STEP = 2 ** -20;
const PARAMETERS = 1000;

const { sections } = horizontal.plan(
  { tensors: [{ name: "w", shape: [PARAMETERS] }], hasAdapter: false },
  {},
  { isEvaluateOnly: false },
);

function trainingOf(parties: number, step: number) {
  const { updates, metrics } = layoutReport(sections, parties, [step]);
  return { updates: updates.map(({ segment }) => segment), codings: metrics.at(-1)!.codings };
}

function nextOf(
  parties: number,
  sums: Int32Array | Readonly<Record<string, number>>,
  { step = STEP, meanSquaredNorm = 0 } = {},
): NextStep {
  const { updates, codings } = trainingOf(parties, step);
  const metrics = sums instanceof Int32Array ? decodeMetrics(codings, sums) : sums;
  return nextSteps({ updates, steps: [step], metrics, parties, meanSquaredNorms: [meanSquaredNorm] })[0]!;
}

describe("the next steps", () => {
  const norms = metricNames.squaredNorm(0);
  const cuts = metricNames.saturated(0);

  it("follow from norms, and grow where values were cut", () => {
    const squaredNorms = { [norms]: 3 * PARAMETERS * 2 ** -20 };
    const calm = nextOf(3, squaredNorms);
    const cut = nextOf(3, { ...squaredNorms, [cuts]: PARAMETERS });
    expect([calm.step, cut.step]).toEqual([2 ** -21, 2 ** -19]);
    expect([calm, cut].map(({ asked, step, isUnknown }) => asked === step && !isUnknown)).toEqual([true, true]);
  });

  it("say when a round asks for more than one round may change", () => {
    expect(nextOf(3, { [norms]: 3 * PARAMETERS })).toEqual({ step: 2 ** -16, asked: 2 ** -11, isUnknown: false });
  });

  it.each([
    { given: "a negative sum of norms", metrics: { [norms]: -1 } },
    { given: "fewer than no values cut", metrics: { [norms]: 2 ** -60, [cuts]: -1 } },
    { given: "more values cut than there are", metrics: { [norms]: 2 ** -60, [cuts]: 3 * PARAMETERS + 1 } },
  ])("stay after $given, unless the mean update asks for more", ({ metrics }) => {
    expect(nextOf(3, metrics)).toEqual({ step: STEP, asked: STEP, isUnknown: true });
    const meanSquaredNorm = PARAMETERS * 2 ** -14;
    expect(nextOf(3, metrics, { meanSquaredNorm })).toEqual({ step: 2 ** -18, asked: 2 ** -18, isUnknown: true });
  });

  it("do not fall below the mean update where one party cancels the norms and the cut values of all", () => {
    const cut = (2 ** 15 - 1) * STEP;
    const hidden = { [norms]: 0, [cuts]: 0 };
    expect(nextOf(3, hidden).step).toBe(2 ** -24);
    expect(nextOf(3, hidden, { meanSquaredNorm: PARAMETERS * cut * cut }).step).toBe(2 ** -16);
  });

  it("are steps whatever the sums of a round are: a party may say that more values were cut than there are", () => {
    const parts = (parties: number) => trainingOf(parties, STEP).codings.length;
    const word = fc.oneof(
      fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      fc.constantFrom(-(2 ** 31), 2 ** 31 - 1, 0),
    );
    const round = fc
      .tuple(fc.constantFrom(1, 2, 6, 100, 25_600), fc.integer({ min: -96, max: 96 }))
      .chain(([parties, exponent]) =>
        fc.record({
          parties: fc.constant(parties),
          step: fc.constant(2 ** exponent),
          sums: fc.array(word, { minLength: parts(parties), maxLength: parts(parties) }),
        }),
      );
    fc.assert(
      fc.property(round, ({ parties, step, sums }) => {
        const { step: found } = nextOf(parties, Int32Array.from(sums), { step });
        expect(Number.isInteger(Math.log2(found))).toBe(true);
        expect(Math.abs(Math.log2(found / step))).toBeLessThanOrEqual(4);
        expect(found).toBeGreaterThanOrEqual(STEP_BOUNDS.min);
        expect(found).toBeLessThanOrEqual(STEP_BOUNDS.max);
      }),
      { seed: 20_261_130, numRuns: 500 },
    );
  });
});
