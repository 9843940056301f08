import { Label } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import type { WorkerIdentity } from "../../shared/identity/worker-uri.ts";
import type { ApiServer } from "../kubernetes/api-server.ts";
import type { PodTemplateView, PodView } from "../kubernetes/pod-shape.ts";
import { findForeignImage } from "./compare-images.ts";
import { comparePod } from "./compare-pod.ts";
import { describeDifference } from "./describe-difference.ts";
import { findTemplate, runtimeOf } from "./find-template.ts";
import { type BoundPod, type EnrolmentPolicy, identifyWorker } from "./identify-worker.ts";
import { requireForeign } from "./injected.ts";

/** A worker that the gate knows, and the runtime that its pod is of. */
export interface KnownWorker {
  readonly identity: WorkerIdentity;
  readonly runtime: PodTemplateView;
}

/** What is asked of the API server to know a worker. */
export type WorkerReader = Pick<ApiServer, "getPod" | "listPodTemplates">;

/**
 * Looks at the pod behind a reviewed token and at the runtimes of its namespace, as they are now.
 *
 * @throws ENROLMENT_REFUSED naming the pod and the first thing of it that is not the member's own.
 */
export async function knowWorker(
  api: WorkerReader,
  bound: BoundPod,
  policy: EnrolmentPolicy,
  signal: AbortSignal,
): Promise<KnownWorker> {
  const pod = await api.getPod(bound.namespace, bound.name, signal);
  const identity = identifyWorker(pod, bound, policy);
  return { identity, runtime: await requireOwnRuntime(api, pod!, policy, signal) };
}

/**
 * The member's runtime of which a pod is, field by field.
 *
 * @throws ENROLMENT_REFUSED naming the pod and the first thing of it that is not the member's own.
 */
export async function requireOwnRuntime(
  api: Pick<ApiServer, "listPodTemplates">,
  pod: PodView,
  policy: EnrolmentPolicy,
  signal: AbortSignal,
): Promise<PodTemplateView> {
  const { namespace, name } = pod.metadata;
  const templates = await api.listPodTemplates(namespace, Label.Runtime, runtimeOf(pod), signal);
  const runtime = findTemplate(pod, templates);
  requireForeign(policy.injected, runtime.template.spec);
  const difference = comparePod(pod, runtime, policy.injected);
  const why = difference === undefined ? findForeignImage(pod, runtime, policy) : describeDifference(difference);
  if (why === undefined) return runtime;
  throw new TributaryError(
    "ENROLMENT_REFUSED",
    `pod ${namespace}/${name} is not as PodTemplate ${runtime.metadata.name} has it: ${why}`,
  );
}
