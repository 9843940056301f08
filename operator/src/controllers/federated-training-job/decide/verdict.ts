import type { Reason } from "@tributary/contracts";
import type { Action, PlannedEvent } from "../plan.ts";
import type { AggregatorSettings } from "../render/frozen-run.ts";
import type { Condition, JobSnapshot } from "../snapshot.ts";
import type { Placing } from "./placing.ts";

/** What one policy says. A `final` verdict ends the chain. */
export interface Verdict {
  readonly actions?: readonly Action[];
  readonly conditions?: readonly Condition[];
  readonly events?: readonly PlannedEvent[];
  /** What becomes of the job's places in members; the last policy that speaks of them counts. */
  readonly placing?: Placing;
  readonly requeueAfterMs?: number;
  readonly final?: boolean;
}

/** Facts about this installation that decisions need besides the snapshot. */
export interface Settings {
  /** Id of this hub; labels its objects in members. */
  readonly hubId: string;
  /** Renders what the chart decides about aggregators. */
  readonly aggregator: AggregatorSettings;
}

/** One policy: pure, one file, one table test. */
export type Policy = (snapshot: JobSnapshot, settings: Settings) => Verdict;

/** A verdict that says nothing. */
export const noVerdict: Verdict = Object.freeze({});

/** The verdict that a job has failed: told once, and nothing is decided after it. */
export function failedVerdict(reason: Reason, message: string): Verdict {
  return {
    final: true,
    conditions: [
      { type: "Failed", status: "True", reason, message },
      { type: "Progressing", status: "False", reason, message: "the job has failed" },
    ],
    events: [{ type: "Warning", reason, note: message }],
    requeueAfterMs: 1_000,
  };
}

/** The condition of a type in the job's status, if it is there. */
export function conditionOf(
  snapshot: Pick<JobSnapshot, "job">,
  type: Condition["type"],
): { status: string; reason: string } | undefined {
  return snapshot.job.status?.conditions?.find((condition) => condition.type === type);
}

/** Whether the job is terminal. */
export function isFinished(snapshot: Pick<JobSnapshot, "job">): boolean {
  return conditionOf(snapshot, "Complete")?.status === "True" || conditionOf(snapshot, "Failed")?.status === "True";
}

/** Whether nothing of a job is to run any more, or will: it is terminal or being deleted. */
export function isOver(job: JobSnapshot["job"]): boolean {
  return job.metadata.deletionTimestamp !== undefined || isFinished({ job });
}
