import { Label } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import type { PodTemplateView, PodView } from "../kubernetes/pod-shape.ts";

/** Labels by which a pod and its PodTemplate belong together; both have the same value of each, or neither has it. */
const NAMED_BY = [Label.Runtime, Label.Dataset] as const;

/** The runtime that a pod says it is of. @throws ENROLMENT_REFUSED when it says none. */
export function runtimeOf({ metadata }: PodView): string {
  const runtime = metadata.labels?.[Label.Runtime];
  if (runtime) return runtime;
  throw refusal(metadata, `has no label ${Label.Runtime}`);
}

/**
 * The one PodTemplate of the pod's namespace whose runtime and data set are the pod's.
 *
 * @throws ENROLMENT_REFUSED when there is none, or more than one, and when the pod was made from another version of it.
 */
export function findTemplate(pod: PodView, templates: readonly PodTemplateView[]): PodTemplateView {
  const { metadata } = pod;
  const fitting = templates.filter(
    ({ metadata: { namespace, labels } }) =>
      namespace === metadata.namespace && NAMED_BY.every((label) => labels?.[label] === metadata.labels?.[label]),
  );
  const [template, other] = fitting;
  const wanted = NAMED_BY.map((label) => `${label} ${metadata.labels?.[label] ?? "(none)"}`).join(" and ");
  if (template === undefined) throw refusal(metadata, `is of no PodTemplate: none of its namespace has ${wanted}`);
  if (other !== undefined) {
    const names = fitting.map(({ metadata: { name } }) => name).join(", ");
    throw refusal(metadata, `is of more than one PodTemplate with ${wanted}: ${names}`);
  }
  requireVersion(pod, template);
  return template;
}

function requireVersion({ metadata }: PodView, { metadata: { name }, template }: PodTemplateView): void {
  const version = template.metadata?.labels?.[Label.RuntimeVersion];
  const own = metadata.labels?.[Label.RuntimeVersion];
  if (version === own) return;
  const [is, wanted] = [own ?? "(none)", version ?? "(none)"];
  throw refusal(
    metadata,
    `was made from version ${is} of PodTemplate ${name}, which is at ${wanted}: its Job must be made anew`,
  );
}

function refusal({ namespace, name }: PodView["metadata"], why: string): TributaryError {
  return new TributaryError("ENROLMENT_REFUSED", `pod ${namespace}/${name} ${why}`);
}
