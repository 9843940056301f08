import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CohortStage, type CohortView, type OpenCohort } from "./cohort-policy.ts";
import { everybody } from "./everybody.ts";

const stages = Object.values(CohortStage);
const cohort = (stage: CohortStage, line = 4, setup = 9): OpenCohort => ({
  id: { setup, attempt: 2 },
  line,
  stage,
});
const viewOf = (open: readonly OpenCohort[], fit: readonly number[] = [1, 3]): CohortView => ({
  parties: [1, 2, 3].map((party) => ({ party, isFit: fit.includes(party) })),
  open,
  line: 4,
});

describe("the policy Everybody", () => {
  it("opens one cohort of all who are fit, and none beside one that is open", () => {
    expect(everybody.open(viewOf([]), 2)).toEqual([{ parties: [1, 3], minSurvivors: 2 }]);
    for (const stage of stages) expect(everybody.open(viewOf([cohort(stage)]), 2)).toEqual([]);
  });

  it("says what it wants to open also where too few are fit yet: whoever opens waits for them", () => {
    expect(everybody.open(viewOf([], []), 2)).toEqual([{ parties: [], minSurvivors: 2 }]);
  });

  it.each([
    ["its parties work", cohort(CohortStage.Running), undefined, []],
    ["all its sums are open", cohort(CohortStage.Summed), { cohorts: [{ setup: 9, attempt: 2 }], weights: [1] }, []],
    ["it has no sum", cohort(CohortStage.Empty), undefined, [{ setup: 9, attempt: 2 }]],
    ["the sums are of another line", cohort(CohortStage.Summed, 3), undefined, [{ setup: 9, attempt: 2 }]],
  ])("of a cohort of which %s commits and closes what it can", (_what, open, commit, close) => {
    expect(everybody.commit(viewOf([open]))).toEqual(commit);
    expect(everybody.close(viewOf([open]))).toEqual(close);
  });

  it("never commits a cohort that it closes, nor one that is not open", () => {
    const cohorts = fc.array(fc.record({ stage: fc.constantFrom(...stages), line: fc.integer({ min: 0, max: 5 }) }), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(cohorts, (given) => {
        const view = viewOf(given.map(({ stage, line }, index) => cohort(stage, line, index + 1)));
        const [taken = [], closed] = [everybody.commit(view)?.cohorts, everybody.close(view)];
        for (const id of taken) {
          expect(view.open.map((one) => one.id)).toContainEqual(id);
          expect(closed).not.toContainEqual(id);
        }
      }),
    );
  });
});
