import { Label } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import type { WorkerIdentity } from "../../shared/identity/worker-uri.ts";
import type { ApiServer } from "../kubernetes/api-server.ts";
import type { PodTemplateView } from "../kubernetes/pod-shape.ts";
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
  const templates = await api.listPodTemplates(bound.namespace, Label.Runtime, runtimeOf(pod!), signal);
  const runtime = findTemplate(pod!, templates);
  requireForeign(policy.injected, runtime.template.spec);
  const difference = comparePod(pod!, runtime, policy.injected);
  const why = difference === undefined ? findForeignImage(pod!, runtime, policy) : describeDifference(difference);
  if (why === undefined) return { identity, runtime };
  const { name } = runtime.metadata;
  throw new TributaryError(
    "ENROLMENT_REFUSED",
    `pod ${bound.namespace}/${bound.name} is not as PodTemplate ${name} has it: ${why}`,
  );
}
