import { COMPLETE_GRAPH_PARTIES, completeThreshold } from "../graph/neighbourhoods.ts";

/** Fewest organisations of a sum that is opened, where a masked job names none: the hub reads no organisation's own sum. */
export const DEFAULT_MIN_ORGANISATIONS = 2;
/** Fewest organisations of a masked job: what one organisation adds up it could add up at home. */
const LEAST_ORGANISATIONS = 2;
/** Fewest workers of a masked sum: out of a sum of two each reads the other's. */
const LEAST_WORKERS = 3;

/** Why no masked round of a job could ever be opened: stable words, reasons of conditions too. */
export const MaskingNeed = {
  TooFewWorkers: "TooFewWorkers",
  TooFewOrganisations: "TooFewOrganisations",
  ThresholdImpossible: "ThresholdImpossible",
  QuorumTooLow: "QuorumTooLow",
} as const;
/** One of {@link MaskingNeed}. */
export type MaskingNeed = (typeof MaskingNeed)[keyof typeof MaskingNeed];

/** What of a job decides whether masked rounds can be opened. */
export interface MaskedJob {
  /** Workers of all participants. */
  readonly workers: number;
  /** Organisations that the participants are of; undefined where that is not known. */
  readonly organisations: number | undefined;
  /** Fewest organisations of a sum that is opened; {@link DEFAULT_MIN_ORGANISATIONS} when undefined. */
  readonly minOrganisations: number | undefined;
  /** Fewest workers that open a sum; {@link defaultThreshold} when undefined. */
  readonly threshold: number | undefined;
  /** Fewest reports with which a round is committed; undefined where that is not known. */
  readonly quorum: number | undefined;
}

/** One thing that a masked job lacks: the value that is wrong, and what would be right as it follows "must be". */
export interface MaskingProblem {
  readonly need: MaskingNeed;
  readonly value: number;
  readonly expected: string;
}

/** Fewest workers that open a masked sum where a job names no threshold: floor(2n/3) + 1 of n workers, and at least 3; fewer would be refused by each. */
export function defaultThreshold(workers: number): number {
  return completeThreshold(workers);
}

/** Fewest workers of a sum that is opened: the threshold; of more workers than a complete graph has, whose neighbourhoods have each one of their own, 3. */
export function leastOpenedWorkers({ workers, threshold }: Pick<MaskedJob, "workers" | "threshold">): number {
  return threshold ?? (workers > COMPLETE_GRAPH_PARTIES ? LEAST_WORKERS : defaultThreshold(workers));
}

/** Everything for which no party would ever take part in a masked round of a job; none when rounds can be opened. */
export function maskingProblems(job: MaskedJob): MaskingProblem[] {
  const { workers } = job;
  const ofOrganisations = organisationProblems(job);
  if (workers >= LEAST_WORKERS) return [...thresholdProblems(job), ...ofOrganisations];
  return [
    { need: MaskingNeed.TooFewWorkers, value: workers, expected: `at least ${LEAST_WORKERS}` },
    ...ofOrganisations,
  ];
}

function organisationProblems({ organisations, minOrganisations }: MaskedJob): MaskingProblem[] {
  const least = Math.max(LEAST_ORGANISATIONS, minOrganisations ?? DEFAULT_MIN_ORGANISATIONS);
  if (organisations === undefined || organisations >= least) return [];
  return [{ need: MaskingNeed.TooFewOrganisations, value: organisations, expected: `at least ${least}` }];
}

function thresholdProblems({ workers, threshold, quorum }: MaskedJob): MaskingProblem[] {
  const least = defaultThreshold(workers);
  if (threshold !== undefined && workers > COMPLETE_GRAPH_PARTIES) {
    const expected = `left out with more than ${COMPLETE_GRAPH_PARTIES} workers, whose neighbourhoods decide it`;
    return [{ need: MaskingNeed.ThresholdImpossible, value: threshold, expected }];
  }
  if (threshold !== undefined && (threshold < least || threshold > workers)) {
    const expected = `from ${least} to ${workers} with ${workers} workers`;
    return [{ need: MaskingNeed.ThresholdImpossible, value: threshold, expected }];
  }
  return quorumProblems(quorum, threshold ?? least);
}

/** A roster that is larger than a complete graph is opened neighbourhood by neighbourhood, whatever the threshold of all seats. */
function quorumProblems(quorum: number | undefined, threshold: number): MaskingProblem[] {
  const least = Math.min(threshold, COMPLETE_GRAPH_PARTIES + 1);
  if (quorum === undefined || quorum >= least) return [];
  const why = least === threshold ? "the threshold: fewer" : "of so many seats: fewer";
  return [{ need: MaskingNeed.QuorumTooLow, value: quorum, expected: `at least ${least}, ${why} workers open no sum` }];
}
