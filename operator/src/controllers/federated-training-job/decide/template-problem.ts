import { Reason } from "@tributary/contracts";
import { trainerOf } from "@tributary/contracts/fields";
import type { JobSnapshot, Problem, SeatObservation } from "../snapshot.ts";

/** What of a seat's runtime and data set its member does not offer; undefined also while the member has not said what it offers. */
export function templateProblem(
  { job }: Pick<JobSnapshot, "job">,
  { participant, member, template }: SeatObservation,
): Problem | undefined {
  const { runtime } = trainerOf(job.spec, participant);
  if (template.state === "runtime-missing") {
    const namespace = member.state === "missing" ? "" : (member.namespace ?? "");
    const own = "spec.participants[].runtime";
    const field = participant.runtime === undefined ? `spec.trainer.runtime or, for it alone, in ${own}` : own;
    const remedy = remedyFor(field, template.offered);
    const message = `runtime ${runtime} is not offered in namespace ${namespace}; ${remedy}`;
    return { reason: Reason.RuntimeNotFound, message };
  }
  if (template.state === "dataset-missing") {
    const remedy = remedyFor("spec.participants[].dataset", template.offered);
    const message = `data set ${participant.dataset ?? "(none named)"} is not offered for runtime ${runtime}; ${remedy}`;
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
