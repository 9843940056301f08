import type { ReportLayout } from "@tributary/federated";
import type { CohortRecord } from "../cohorts/cohort-records.ts";
import type { RoundRun } from "../run/round-run.ts";

/** A cohort as its sums are read: what it ran, and what its parties were asked for. */
export interface SummedCohort {
  readonly run: RoundRun;
  /** What its parties were asked for. */
  readonly layout: ReportLayout;
  /** Digests of the objects that it started from, hexadecimal, by name. */
  readonly reads: Readonly<Record<string, string>>;
  readonly record: CohortRecord;
}
