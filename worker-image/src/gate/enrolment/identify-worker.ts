import { gateTokenAudience, Label } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import type { WorkerIdentity } from "../../shared/identity/worker-uri.ts";
import type { TokenReviewStatus } from "../kubernetes/api-server.ts";
import type { PodView } from "../kubernetes/pod-shape.ts";
import type { ImagePolicy } from "./compare-images.ts";
import { INDEX_LABEL } from "./explained/metadata.ts";
import { isDigest, pinnedDigest, runningDigest } from "./image-digests.ts";
import type { Injected } from "./injected.ts";

/** The pod that a token is bound to. */
export interface BoundPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** What the gate lets in. */
export interface EnrolmentPolicy extends ImagePolicy {
  readonly cluster: string;
  readonly namespaces: readonly string[];
  readonly images: readonly string[];
  readonly sidecarContainer: string;
  readonly injected: Injected;
}

/**
 * The pod behind a reviewed token.
 *
 * @throws TOKEN_REJECTED when the token is not valid for the audience or not bound to a pod, ENROLMENT_REFUSED when its namespace is
 * not one that the gate serves.
 */
export function boundPodOf(review: TokenReviewStatus, policy: EnrolmentPolicy): BoundPod {
  if (review.authenticated !== true)
    throw new TributaryError("TOKEN_REJECTED", "the API server does not accept the token");
  if (!review.audiences?.includes(gateTokenAudience)) {
    throw new TributaryError("TOKEN_REJECTED", `the token is not for the audience ${gateTokenAudience}`);
  }
  const namespace = /^system:serviceaccount:([^:]+):[^:]+$/.exec(review.user?.username ?? "")?.[1];
  const name = review.user?.extra?.["authentication.kubernetes.io/pod-name"]?.[0];
  const uid = review.user?.extra?.["authentication.kubernetes.io/pod-uid"]?.[0];
  if (namespace === undefined || name === undefined || uid === undefined) {
    throw new TributaryError("TOKEN_REJECTED", "the token is not bound to a pod");
  }
  if (!policy.namespaces.includes(namespace)) {
    throw new TributaryError(
      "ENROLMENT_REFUSED",
      `namespace ${namespace} is not one of ${policy.namespaces.join(", ")}`,
    );
  }
  return { namespace, name, uid };
}

/**
 * The identity of a worker's pod: a pure function of the pod and the gate's policy.
 *
 * @throws ENROLMENT_REFUSED naming the pod and the label, image or state that is wrong.
 */
export function identifyWorker(pod: PodView | undefined, bound: BoundPod, policy: EnrolmentPolicy): WorkerIdentity {
  const refuse = (why: string) =>
    new TributaryError("ENROLMENT_REFUSED", `pod ${bound.namespace}/${bound.name} ${why}`);
  if (pod === undefined || pod.metadata.uid !== bound.uid) throw refuse("is gone");
  if (pod.metadata.deletionTimestamp !== undefined) throw refuse("is being deleted");
  const { phase } = pod.status ?? {};
  if (phase === "Succeeded" || phase === "Failed") throw refuse(`has ended (${phase})`);
  const label = (name: string) => {
    const value = pod.metadata.labels?.[name];
    if (!value) throw refuse(`has no label ${name}`);
    return value;
  };
  const index = label(INDEX_LABEL);
  if (!/^\d{1,6}$/.test(index)) throw refuse(`has label ${INDEX_LABEL}=${index}, must be a number`);
  if (!runsAllowedImage(pod, policy)) {
    throw refuse(`runs an image in container ${policy.sidecarContainer} that the gate does not list`);
  }
  return {
    cluster: policy.cluster,
    namespace: bound.namespace,
    jobUid: label(Label.JobUid),
    participant: label(Label.Participant),
    workerIndex: Number(index),
  };
}

/** By reference as the pod's spec has it, or by the digest that the spec or the running container has. */
function runsAllowedImage(pod: PodView, { images, sidecarContainer }: EnrolmentPolicy): boolean {
  const image = pod.spec.initContainers?.find(({ name }) => name === sidecarContainer)?.image;
  if (image === undefined) return false;
  const running = pod.status?.initContainerStatuses?.find(({ name }) => name === sidecarContainer)?.imageID;
  const digests = [pinnedDigest(image), runningDigest(running ?? "")];
  return images.some((allowed) => (isDigest(allowed) ? digests.includes(allowed) : allowed === image));
}
