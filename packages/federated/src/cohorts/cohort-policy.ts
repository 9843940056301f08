/** Names a cohort: the numbers of its setup and its attempt, which stand in every message of it. */
export interface CohortId {
  readonly setup: number;
  readonly attempt: number;
}

/** How far a cohort is. */
export const CohortStage = {
  /** Its parties work, or its sums are not open yet. */
  Running: "Running",
  /** All its sums are open: it can be committed. */
  Summed: "Summed",
  /** It ended without a sum. */
  Empty: "Empty",
} as const;
/** One of {@link CohortStage}. */
export type CohortStage = (typeof CohortStage)[keyof typeof CohortStage];

/** A seat of the job as a policy sees it. */
export interface CohortParty {
  readonly party: number;
  /** Whether a cohort can be opened with it. */
  readonly isFit: boolean;
}

/** A cohort that is neither in the ledger nor closed. */
export interface OpenCohort {
  readonly id: CohortId;
  /** Ledger line whose objects it started from and that it may become. */
  readonly line: number;
  readonly stage: CohortStage;
}

/** What a policy decides from. */
export interface CohortView {
  readonly parties: readonly CohortParty[];
  readonly open: readonly OpenCohort[];
  /** The next ledger line. */
  readonly line: number;
}

/** A cohort to open. */
export interface CohortPlan {
  readonly parties: readonly number[];
  /** Fewest parties that a sum of it must hold. */
  readonly minSurvivors: number;
}

/** Cohorts whose sums make the next ledger line, each with its weight. */
export interface CommitPlan {
  readonly cohorts: readonly CohortId[];
  readonly weights: readonly number[];
}

/** Who works with whom, and which sums make the next line: all that differs between ways to run rounds. Pure. */
export interface CohortPolicy {
  /** Cohorts to open now, of which each must hold its least survivors to be opened; none when nothing is to be opened beside what is open. */
  open(view: CohortView, quorum: number): readonly CohortPlan[];
  /** What to commit now. */
  commit(view: CohortView): CommitPlan | undefined;
  /** Cohorts that can come to nothing any more. */
  close(view: CohortView): readonly CohortId[];
}
