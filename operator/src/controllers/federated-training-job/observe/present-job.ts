import { Label } from "@tributary/contracts";
import { trainerOf } from "@tributary/contracts/fields";
import type { Unstructured } from "../../../runtime/api/object.ts";
import { judgeBatchJob } from "../../seat/decide/judge-batch-job.ts";
import { renderBatchJob } from "../render/seat.ts";
import type { JobSnapshot, Participant, PodTemplateObject, TemplateObservation } from "../snapshot.ts";

type Job = JobSnapshot["job"];

/**
 * Whether a batch Job is the one that the present spec asks for, by the rule by which the seats' controller replaces any other: what
 * became of the workers of one that goes says nothing of those that come after them.
 */
export function isPresentJob(
  job: Job,
  participant: Participant,
  { batchJob, anchor }: { readonly batchJob: Unstructured; readonly anchor: Unstructured | undefined },
  observed: TemplateObservation,
): boolean {
  const { namespace = "", labels, deletionTimestamp } = batchJob.metadata;
  if (deletionTimestamp !== undefined) return false;
  const template = observed.state === "found" ? observed.template : nameTemplate(job, participant, batchJob);
  const rendered = renderBatchJob({ job, participant, namespace, origin: labels?.[Label.Origin] ?? "", template });
  return !judgeBatchJob({ batchJob, anchor }, rendered, participant).isReplaced;
}

/** The runtime that the spec names where the member does not offer it: all but its name is taken from the batch Job. */
function nameTemplate({ spec }: Job, participant: Participant, batchJob: Unstructured): PodTemplateObject {
  const { template } = batchJob.spec as Pick<PodTemplateObject, "template">;
  const { runtime } = trainerOf(spec, participant);
  const { dataset } = participant;
  const labels = { [Label.Runtime]: runtime, ...(dataset === undefined ? {} : { [Label.Dataset]: dataset }) };
  return { metadata: { name: runtime, labels }, template };
}
