import { cleanupFinalizer, Reason } from "@tributary/contracts";
import type { Condition, JobSnapshot, Problem, SeatObservation } from "../snapshot.ts";
import { describeSeat, hubNamespace } from "./seats.ts";
import { noVerdict, type Policy } from "./verdict.ts";

/** Everything that the spec names must exist. What is missing is said at once; it is looked for again every few seconds. */
export const accepted: Policy = (snapshot) => {
  const problem = firstProblem(snapshot);
  if (problem === undefined) {
    const message = "the spec is valid and everything that it names exists";
    return { ...withFinalizer(snapshot), conditions: [condition("True", { reason: Reason.Valid, message })] };
  }
  const conditions = [condition("False", problem)];
  const isRunning = snapshot.aggregator.state === "heard";
  return { conditions, requeueAfterMs: 5_000, final: !isRunning };
};

/** The finalizer comes before the first object in a member does. */
function withFinalizer(snapshot: JobSnapshot): ReturnType<Policy> {
  if (snapshot.job.metadata.finalizers?.includes(cleanupFinalizer) === true) return noVerdict;
  return { actions: [{ type: "add-finalizer", why: "members are cleaned up before the job goes" }] };
}

function condition(status: Condition["status"], { reason, message }: Problem): Condition {
  return { type: "Accepted", status, reason, message };
}

function firstProblem(snapshot: JobSnapshot): Problem | undefined {
  const [claim] = snapshot.hub.missingClaims;
  if (claim !== undefined) {
    const message = `PersistentVolumeClaim ${claim} does not exist in namespace ${hubNamespace(snapshot)}; create it or name another in spec.model.source or spec.output`;
    return { reason: Reason.ClaimNotFound, message };
  }
  return snapshot.seats.map((seat) => seatProblem(seat, snapshot)).find((problem) => problem !== undefined);
}

function seatProblem(seat: SeatObservation, snapshot: JobSnapshot): Problem | undefined {
  const { participant, member, template } = seat;
  const who = describeSeat(seat);
  if (member.state === "missing") {
    return {
      reason: Reason.ClusterNotFound,
      message: `${who}: no MemberCluster is named ${participant.cluster}; register it with kubectl tributary join or name another`,
    };
  }
  if (member.namespace === undefined) {
    const message = `${who}: MemberCluster ${participant.cluster} maps no namespace for ${hubNamespace(snapshot)}; add it to spec.namespaces of the MemberCluster`;
    return { reason: Reason.NamespaceNotMapped, message };
  }
  if (member.gateCaPem === undefined) {
    const message = `${who}: MemberCluster ${participant.cluster} has no gate CA, so its workers cannot be trusted; run kubectl tributary join again`;
    return { reason: Reason.GateNotRegistered, message };
  }
  const { runtime } = snapshot.job.spec.trainer;
  if (template.state === "runtime-missing") {
    const remedy = remedyFor("spec.trainer.runtime", template.offered);
    const message = `${who}: runtime ${runtime} is not offered in namespace ${member.namespace}; ${remedy}`;
    return { reason: Reason.RuntimeNotFound, message };
  }
  if (template.state === "dataset-missing") {
    const remedy = remedyFor("spec.participants[].dataset", template.offered);
    const message = `${who}: data set ${participant.dataset ?? "(none named)"} is not offered for runtime ${runtime}; ${remedy}`;
    return { reason: Reason.DatasetNotFound, message };
  }
  return undefined;
}

/** What to do about a name that a member does not offer. */
function remedyFor(field: string, offered: readonly string[]): string {
  const ask = "have the member's admin add it to runtimes of chart tributary-member";
  return offered.length === 0
    ? `none is offered: ${ask}`
    : `name one that is offered (${offered.join(", ")}) in ${field}, or ${ask}`;
}
