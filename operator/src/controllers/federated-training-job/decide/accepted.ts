import { cleanupFinalizer, Reason } from "@tributary/contracts";
import { checkJobSpec, describeFinding } from "@tributary/contracts/fields";
import type { Condition, JobSnapshot, Problem, SeatObservation } from "../snapshot.ts";
import { isStarted, keepStarted, keptReadiness } from "./keep-started.ts";
import { describeSeat, hubNamespace } from "./seats.ts";
import { noVerdict, type Policy } from "./verdict.ts";

/**
 * The spec holds nothing that an aggregator or a trainer would refuse, and everything that it names exists. What is missing is said at
 * once and looked for again every few seconds; a spec that is wrong stays so until it is edited.
 */
export const accepted: Policy = (snapshot) => {
  const { suspend } = snapshot.job.spec;
  const wrong = specProblem(snapshot);
  if (wrong !== undefined && suspend) return { conditions: [condition("False", wrong)] };
  if (wrong !== undefined) {
    const conditions = [condition("False", wrong), ...(isStarted(snapshot) ? keptReadiness(snapshot) : [])];
    return { actions: keepStarted(snapshot), conditions, final: true };
  }
  const missing = firstMissing(snapshot);
  // A spec is accepted once: what goes from under a job is told by Degraded, and ends no job that can do without.
  if (missing !== undefined && wasAccepted(snapshot)) {
    const message = `the spec was accepted; since then: ${missing.message}`;
    const conditions = [condition("True", { reason: Reason.Valid, message })];
    return { ...withFinalizer(snapshot), conditions, requeueAfterMs: 5_000 };
  }
  if (missing !== undefined) {
    const conditions = [condition("False", missing)];
    return { conditions, requeueAfterMs: 5_000, final: !isStarted(snapshot) && !suspend };
  }
  const message = "the spec is valid and everything that it names exists";
  return { ...withFinalizer(snapshot), conditions: [condition("True", { reason: Reason.Valid, message })] };
};

/**
 * The finalizer comes before the first object in a member does, and after the first record of placements: one without the
 * other then means that the record was lost.
 */
function withFinalizer({ job }: JobSnapshot): ReturnType<Policy> {
  if (job.metadata.finalizers?.includes(cleanupFinalizer) === true || job.status?.placements === undefined)
    return noVerdict;
  return { actions: [{ type: "add-finalizer", why: "members are cleaned up before the job goes" }] };
}

function condition(status: Condition["status"], { reason, message }: Problem): Condition {
  return { type: "Accepted", status, reason, message };
}

function wasAccepted({ job }: JobSnapshot): boolean {
  const before = job.status?.conditions?.find(({ type }) => type === "Accepted");
  return before?.status === "True" && before.observedGeneration === job.metadata.generation;
}

/** Most findings that one message names. */
const findingsTold = 3;

function specProblem({ job }: JobSnapshot): Problem | undefined {
  const findings = checkJobSpec(job.spec);
  if (findings.length === 0) return undefined;
  const told = findings.slice(0, findingsTold).map(describeFinding).join("; ");
  const more = findings.length > findingsTold ? `; and ${findings.length - findingsTold} more` : "";
  return { reason: Reason.SpecInvalid, message: `${told}${more}` };
}

function firstMissing(snapshot: JobSnapshot): Problem | undefined {
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
  if (member.state === "reachable" && member.isLeaving === true && !seat.hasBatchJob) {
    const message = `${who}: MemberCluster ${participant.cluster} is being deleted and takes nothing new; name another in spec.participants`;
    return { reason: Reason.ClusterLeaving, message };
  }
  if (member.namespace === undefined) {
    const message = `${who}: MemberCluster ${participant.cluster} maps no namespace for ${hubNamespace(snapshot)}; add it to spec.namespaces of the MemberCluster`;
    return { reason: Reason.NamespaceNotMapped, message };
  }
  if (member.gateCaExpected !== undefined) {
    const message = `${who}: spec.gate.caBundle of MemberCluster ${participant.cluster} must be ${member.gateCaExpected}; run kubectl tributary join again with the gate's CA`;
    return { reason: Reason.GateCaInvalid, message };
  }
  if (member.gateCaPem === undefined) {
    const message = `${who}: MemberCluster ${participant.cluster} has no gate CA that can be read, so its workers cannot be trusted; run kubectl tributary join again`;
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
