import { cleanupFinalizer, Reason } from "@tributary/contracts";
import { checkJobSpec, describeFinding } from "@tributary/contracts/fields";
import type { Condition, JobSnapshot, Problem, SeatObservation } from "../snapshot.ts";
import { isStarted, keepStarted, keptReadiness } from "./keep-started.ts";
import { lossWarning, maskingProblem } from "./masking.ts";
import { masksOf } from "./masks.ts";
import { runOf } from "./run.ts";
import { describeSeat, hubNamespace } from "./seats.ts";
import { templateProblem } from "./template-problem.ts";
import { noVerdict, type Policy, type Settings } from "./verdict.ts";

/**
 * The spec holds nothing that an aggregator or a trainer would refuse, and everything that it names exists. What is missing is said at
 * once and looked for again every few seconds; a spec that is wrong stays so until it is edited.
 */
export const accepted: Policy = (snapshot, settings) => {
  const { suspend } = snapshot.job.spec;
  const broken = specProblem(snapshot);
  const wrong = broken ?? maskingProblem(snapshot, settings.aggregator);
  if (wrong !== undefined && suspend) return { conditions: [condition("False", wrong)] };
  if (wrong !== undefined) {
    const conditions = [condition("False", wrong), ...(isStarted(snapshot) ? keptReadiness(snapshot) : [])];
    // Organisations stand in MemberClusters, which may be mended while the spec stays as it is.
    const wait = broken === undefined ? { requeueAfterMs: 5_000 } : {};
    return { actions: keepStarted(snapshot), conditions, final: true, ...wait };
  }
  const missing = firstMissing(snapshot);
  // A spec is accepted once: what goes from under a job is told by Degraded, and ends no job that can do without.
  if (missing !== undefined && wasAccepted(snapshot)) {
    const message = `the spec was accepted, and now ${missing.message}`;
    const conditions = [condition("True", { reason: Reason.Valid, message })];
    return { ...withFinalizer(snapshot), conditions, requeueAfterMs: 5_000 };
  }
  if (missing !== undefined) {
    const conditions = [condition("False", missing)];
    const wait = { requeueAfterMs: 5_000 };
    if (suspend || canGoOn(snapshot, settings)) return { ...wait, conditions };
    if (!isStarted(snapshot)) return { ...wait, conditions, final: true };
    return {
      ...wait,
      actions: keepStarted(snapshot),
      conditions: [...conditions, ...keptReadiness(snapshot)],
      final: true,
    };
  }
  const warning = lossWarning(snapshot.job);
  const message = `${tellAccepted(snapshot)}${warning === undefined ? "" : `; ${warning.message}`}`;
  const isNews = warning !== undefined && !wasAccepted(snapshot);
  return {
    ...withFinalizer(snapshot),
    conditions: [condition("True", { reason: Reason.Valid, message })],
    events: isNews ? [{ type: "Warning", reason: warning.reason, note: warning.message }] : [],
  };
};

/** What a member offers cannot be asked for while it does not answer: that it exists is not said of it before it was seen. */
function tellAccepted(snapshot: JobSnapshot): string {
  const unasked = snapshot.seats.filter(({ template }) => template.state === "unknown").map(describeSeat);
  const wasSeen = wasAccepted(snapshot) && acceptedBefore(snapshot)?.message.startsWith(allExists) === true;
  if (unasked.length === 0 || wasSeen) return allExists;
  const others = unasked.length > 1 ? ` and ${unasked.length - 1} others` : "";
  return `the spec is valid; what is offered to ${unasked[0]}${others} is not known while the member does not answer`;
}

/**
 * The finalizer comes before the first object in a member does, and after the first record of placements: one without the
 * other then means that the record was lost.
 */
function withFinalizer({ job }: JobSnapshot): ReturnType<Policy> {
  if (job.metadata.finalizers?.includes(cleanupFinalizer) === true || job.status?.placements === undefined)
    return noVerdict;
  return { actions: [{ type: "add-finalizer", why: "members are cleaned up before the job goes" }] };
}

/** Whether a started job runs by its present spec although something is missing: rounds by an earlier one are rounds that nobody asked for. */
function canGoOn(snapshot: JobSnapshot, settings: Settings): boolean {
  return isStarted(snapshot) && runOf(snapshot, settings.aggregator) !== undefined;
}

function condition(status: Condition["status"], { reason, message }: Problem): Condition {
  return { type: "Accepted", status, reason, message };
}

function wasAccepted(snapshot: JobSnapshot): boolean {
  const before = acceptedBefore(snapshot);
  return before?.status === "True" && before.observedGeneration === snapshot.job.metadata.generation;
}

function acceptedBefore({ job }: JobSnapshot) {
  return job.status?.conditions?.find(({ type }) => type === "Accepted");
}

/** What is said of a spec once all that it names was seen. */
const allExists = "the spec is valid and everything that it names exists";
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
  const { participant, member } = seat;
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
  if (member.organisationExpected !== undefined && masksOf(snapshot.job.spec) !== undefined) {
    const message = `${who}: spec.organisation of MemberCluster ${participant.cluster} must be ${member.organisationExpected}; run kubectl tributary join again with --organisation`;
    return { reason: Reason.OrganisationInvalid, message };
  }
  const offered = templateProblem(snapshot, seat);
  return offered && { ...offered, message: `${who}: ${offered.message}` };
}
