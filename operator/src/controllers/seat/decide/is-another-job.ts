import type { KubernetesObject } from "../../federated-training-job/plan.ts";
import type { Participant } from "../../federated-training-job/snapshot.ts";
import { growsEarlierRuntime } from "./grows-earlier-runtime.ts";
import { isOtherWork } from "./is-other-work.ts";

/** Fields of a batch Job that follow the spec of its job and cannot change: one that differs makes another batch Job. */
const fixedFields = ["completions", "backoffLimitPerIndex"] as const;

/** Whether a batch Job cannot become the rendered one, so that another takes its place: what became of it says nothing of that one. */
export function isAnotherJob(live: object, rendered: KubernetesObject, participant: Participant): boolean {
  return (
    differs(live, rendered, fixedFields) ||
    isOtherWork(live, rendered, participant) ||
    growsEarlierRuntime(live, rendered)
  );
}

/** Fields of a batch Job's spec that are not as rendered; one that is not rendered is off. */
export function differs(live: object, rendered: KubernetesObject, fields: readonly string[]): boolean {
  const specOf = (object: object) => (object as { spec?: Record<string, unknown> }).spec ?? {};
  const [is, wanted] = [specOf(live), specOf(rendered)];
  return fields.some((field) => (is[field] ?? false) !== (wanted[field] ?? false));
}
