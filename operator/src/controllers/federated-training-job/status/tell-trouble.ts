import { catalogue, Disposition, type TributaryError } from "@tributary/kit";
import { mergeConditions, type WrittenCondition } from "../../shared/merge-conditions.ts";
import { triedSince } from "../decide/act-failures.ts";
import type { Condition, JobSnapshot } from "../snapshot.ts";
import { phaseOf } from "./phase.ts";

type Job = JobSnapshot["job"];

/** Failures in a row after which also an error that may pass is told. */
const patience = 5;
/** What is told of such a job, before since when and why. */
const what = "the operator cannot look after this job";

/**
 * What is told of a job that cannot be looked at, or not at all of it, for example because a right is missing on the hub. Undefined
 * while the error may pass by itself and was not told of yet.
 */
export function tellTrouble(job: Job, error: TributaryError, failures: number, now: string): Condition | undefined {
  const type = "Progressing";
  const { reason } = catalogue[error.code];
  const mayPass = error.disposition === Disposition.Transient || error.disposition === Disposition.Wait;
  const before = job.status?.conditions?.find((condition) => condition.type === type);
  const wasTold = before?.reason === reason && before.message.startsWith(what);
  if (mayPass && failures < patience && !wasTold) return undefined;
  const since = triedSince(type, reason, { now, job });
  return { type, status: "False", reason, message: `${what}${since}: ${error.message}` };
}

/**
 * The status of a job of which a look failed as a whole: everything as it was, also that it is over, but that no one looks after it.
 * Undefined where nothing is told.
 */
export function renderTrouble(job: Job, error: TributaryError, failures: number, now: string): Job["status"] {
  const condition = tellTrouble(job, error, failures, now);
  if (condition === undefined) return undefined;
  const present = (job.status?.conditions ?? []) as WrittenCondition[];
  const conditions = mergeConditions(present, [condition], job.metadata.generation, now);
  return { ...job.status, ...phaseOf(conditions), conditions } as Job["status"];
}

/** The decided conditions beside which a trouble is told: it takes the place of the one of its type. */
export function withTrouble(conditions: readonly Condition[], trouble: Condition | undefined): readonly Condition[] {
  return trouble === undefined ? conditions : [...conditions.filter(({ type }) => type !== trouble.type), trouble];
}
