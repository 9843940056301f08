import { decodeMetrics, STEP_BOUNDS } from "@tributary/federated";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { layoutReport, metricNames } from "../../shared/report/report-layout.ts";
import { nextSteps } from "./next-steps.ts";

const STEP = 2 ** -20;
const PARAMETERS = 1000;

function next(parties: number, sums: Int32Array | Readonly<Record<string, number>>, step = STEP): number[] {
  const { updates, codings } = layoutReport(PARAMETERS, parties, [step]);
  const metrics = sums instanceof Int32Array ? decodeMetrics(codings, sums) : sums;
  return nextSteps({ updates, steps: [step], metrics, parties });
}

describe("the next steps", () => {
  it("follow from norms, and grow where values were cut", () => {
    const squaredNorms = { [metricNames.squaredNorm(0)]: 3 * PARAMETERS * 2 ** -20 };
    const [calm] = next(3, squaredNorms);
    const [cut] = next(3, { ...squaredNorms, [metricNames.saturated(0)]: PARAMETERS });
    expect([calm, cut]).toEqual([2 ** -21, 2 ** -19]);
  });

  it("are steps whatever the sums of a round are: a party may say that more values were cut than there are", () => {
    const parts = (parties: number) => layoutReport(PARAMETERS, parties, [STEP]).codings.length;
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
        const [found] = next(parties, Int32Array.from(sums), step);
        expect(Number.isInteger(Math.log2(found!))).toBe(true);
        expect(found).toBeGreaterThanOrEqual(STEP_BOUNDS.min);
        expect(found).toBeLessThanOrEqual(STEP_BOUNDS.max);
      }),
      { seed: 20_261_130, numRuns: 500 },
    );
  });
});
