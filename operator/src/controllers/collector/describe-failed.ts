import { Reason } from "@tributary/contracts";
import { isTributaryError } from "@tributary/kit";
import { describeFailure } from "../member-cluster/describe-failure.ts";
import type { MemberProblem } from "../member-cluster/member-directory.ts";
import { describeObject, nameSome } from "./describe-objects.ts";
import type { OwnedObject } from "./owned-objects.ts";
import type { RemovalOutcome } from "./remove-leftovers.ts";

/** Failures that one report tells one by one. */
const toldLimit = 10;

/**
 * What could not be removed: the first failures of this look with their causes, and by name what else is still there after a try
 * in vain, in this look or an earlier one. What was not tried yet is no problem.
 */
export function describeFailed(
  cluster: string,
  removals: readonly OwnedObject[],
  { done, failed }: RemovalOutcome,
  failedIn: ReadonlyMap<string, number>,
): MemberProblem[] {
  // A call that was cut short by the end of the look says nothing of its object.
  const told = failed.filter(({ cause }) => !isTributaryError(cause, "OPERATION_ABORTED")).slice(0, toldLimit);
  const settled = new Set([...done, ...told.map(({ object }) => object)]);
  const others = removals.filter((object) => failedIn.has(object.uid) && !settled.has(object));
  const problems = told.map(({ object, cause }) => {
    const { reason, message } = describeFailure(cause, cluster);
    const left = `${describeObject(object)}, left by job ${object.job}, cannot be removed`;
    return { reason, message: `${left}: ${message}` };
  });
  if (others.length === 0) return problems;
  const message = `${nameSome(others)}, left by removed jobs, could not be removed and are tried again in turn`;
  return [...problems, { reason: Reason.CleanupPending, message }];
}
