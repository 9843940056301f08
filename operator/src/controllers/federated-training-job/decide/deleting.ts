import { cleanupFinalizer, Reason } from "@tributary/contracts";
import { describeSeat, leavesTraces, removeSeats } from "./seats.ts";
import { noVerdict, type Policy } from "./verdict.ts";

/** Longest time that a deletion waits for a member cluster that does not answer. */
export const cleanupGraceMs = 24 * 60 * 60 * 1000;

/**
 * A job that is being deleted: remove its seats in every member and let it go once each confirmed. A member that does not
 * answer is waited for; after the grace its orphans are left to the member's collector, which finds them by their labels.
 */
export const deleting: Policy = (snapshot, settings) => {
  const { finalizers = [] } = snapshot.job.metadata;
  if (snapshot.deletionMs === undefined) return noVerdict;
  if (!finalizers.includes(cleanupFinalizer)) return { final: true };
  const actions = removeSeats(snapshot, settings, "the job is being deleted");
  const unheard = snapshot.seats.filter((seat) => seat.member.state === "unreachable");
  const waiting =
    snapshot.seats.some(leavesTraces) || (unheard.length > 0 && snapshot.nowMs < snapshot.deletionMs + cleanupGraceMs);
  if (!waiting)
    return {
      final: true,
      actions: [...actions, { type: "remove-finalizer", why: "every member confirmed the removal" }],
    };
  const note = `waiting for ${(unheard.length > 0 ? unheard : snapshot.seats.filter(leavesTraces)).map(describeSeat).join(", ")} to confirm the removal`;
  return {
    final: true,
    actions,
    conditions: [{ type: "Progressing", status: "False", reason: Reason.CleanupPending, message: note }],
    requeueAfterMs: 2_000,
  };
};
