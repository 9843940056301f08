import { type CohortPolicy, CohortStage } from "./cohort-policy.ts";

/** Synchronous rounds: everybody who is fit works in one cohort, whose sums alone make the next line; the next one opens after it. */
export const everybody: CohortPolicy = {
  open({ parties, open }, quorum) {
    if (open.length > 0) return [];
    return [{ parties: parties.filter(({ isFit }) => isFit).map(({ party }) => party), minSurvivors: quorum }];
  },
  commit({ open, line }) {
    const summed = open.find((cohort) => cohort.stage === CohortStage.Summed && cohort.line === line);
    return summed && { cohorts: [summed.id], weights: [1] };
  },
  close({ open, line }) {
    return open.filter((cohort) => cohort.stage === CohortStage.Empty || cohort.line !== line).map(({ id }) => id);
  },
};
