import { Reason } from "@tributary/contracts";
import { synchronousOf } from "@tributary/contracts/fields";
import { MaskingNeed, type MaskingProblem, maskingProblems } from "@tributary/federated";
import type { AggregatorSettings } from "../render/frozen-run.ts";
import type { JobSnapshot, Problem } from "../snapshot.ts";
import { masksOf } from "./masks.ts";
import { organisationsOf } from "./organisations.ts";

type Job = JobSnapshot["job"];
type Spec = Job["spec"];

const withoutMasks = "create the job with protocol None";

/** Why no masked round of a job could be opened, by its spec and the organisations of its members, with field, value and remedy; undefined without masks. */
export function maskingProblem({ job, ...others }: JobSnapshot, settings: AggregatorSettings): Problem | undefined {
  if (masksOf(job.spec) === undefined) return undefined;
  const organisations = organisationsOf({ job, ...others }, settings);
  const [first] = problemsOf(job.spec, organisations);
  return first && { reason: first.need, message: tellNeed(first, organisations) };
}

/** The same as far as the spec alone says it, each with its reason: for who has no cluster to ask of organisations. */
export function maskingProblemsOfSpec(spec: Spec): Problem[] {
  return problemsOf(spec, undefined).map((problem) => ({ reason: problem.need, message: tellNeed(problem) }));
}

function problemsOf(spec: Spec, organisations: readonly string[] | undefined): MaskingProblem[] {
  const masks = masksOf(spec);
  if (masks === undefined) return [];
  return maskingProblems({
    workers: masks.workers,
    organisations: organisations?.length,
    minOrganisations: masks.minOrganisations,
    threshold: spec.privacy.secureAggregation.threshold,
    quorum: synchronousOf(spec).quorum,
  });
}

/** What people are warned of at acceptance: a job of which one lost worker ends a round that was announced. Undefined where there is nothing to say. */
export function lossWarning({ spec }: Job): Problem | undefined {
  const masks = masksOf(spec);
  if (masks === undefined || masks.workers > masks.minWorkers) return undefined;
  const { workers, minWorkers } = masks;
  const message = `all ${workers} workers are needed to open a sum (threshold ${minWorkers}): one that goes for good after a sum was announced ends the job with UnmaskLost`;
  return { reason: Reason.UnmaskLost, message: `${message}; name more workers in spec.participants` };
}

function tellNeed({ need, value, expected }: MaskingProblem, organisations: readonly string[] = []): string {
  switch (need) {
    case MaskingNeed.TooFewWorkers:
      return `the sum of spec.participants[].workers is ${value}, must be ${expected} under protocol Masking: out of a smaller sum each reads the other's update; name more workers in spec.participants, or ${withoutMasks}`;
    case MaskingNeed.TooFewOrganisations:
      return `the participants are of ${value} organisation${value === 1 ? "" : "s"} (${organisations.join(", ")}), must be of ${expected} under protocol Masking; name participants of others, correct spec.organisation of their MemberClusters, or ${withoutMasks}`;
    case MaskingNeed.ThresholdImpossible:
      return `spec.privacy.secureAggregation.threshold is ${value}, must be ${expected}; create the job with such a one or without, or name other numbers of workers`;
    case MaskingNeed.QuorumTooLow:
      return `spec.schedule.synchronous.quorum is ${value}, must be ${expected}; raise it, while spec.suspend is true`;
  }
}
