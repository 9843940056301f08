import { catalogue, Disposition, type TributaryError } from "@tributary/kit";
import { mergeConditions, type WrittenCondition } from "../../shared/merge-conditions.ts";
import { triedSince } from "../decide/act-failures.ts";
import { isFinished } from "../decide/verdict.ts";
import type { Condition, JobSnapshot } from "../snapshot.ts";
import { phaseOf } from "./phase.ts";

type Job = JobSnapshot["job"];

/** Failures in a row after which also an error that may pass is told. */
const patience = 5;

/**
 * The status of a job that cannot even be looked at, for example because a right is missing on the hub: everything as it was,
 * but that no one looks after it. Undefined while the error may pass by itself, and for a job that is over.
 */
export function renderTrouble(job: Job, error: TributaryError, failures: number, now: string): Job["status"] {
  const mayPass = error.disposition === Disposition.Transient || error.disposition === Disposition.Wait;
  if ((mayPass && failures < patience) || isFinished({ job })) return undefined;
  const { reason } = catalogue[error.code];
  const since = triedSince("Progressing", reason, { now, job });
  const condition: Condition = {
    type: "Progressing",
    status: "False",
    reason,
    message: `the operator cannot look after this job${since}: ${error.message}`,
  };
  const present = (job.status?.conditions ?? []) as WrittenCondition[];
  const conditions = mergeConditions(present, [condition], job.metadata.generation, now);
  return { ...job.status, ...phaseOf(conditions), conditions } as Job["status"];
}
