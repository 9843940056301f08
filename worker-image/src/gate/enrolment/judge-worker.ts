import { Label, type WorkerIdentity } from "@tributary/contracts";
import type { ReviewedToken, WorkerPod } from "../cluster/member-api.ts";
import type { GateConfig } from "../config/gate-config.ts";

/** A worker that may enrol, or why it may not. */
export type WorkerVerdict =
  | { readonly accepted: true; readonly identity: WorkerIdentity }
  | { readonly accepted: false; readonly code: "TOKEN_REJECTED" | "ENROLMENT_REFUSED"; readonly message: string };

const indexLabel = "batch.kubernetes.io/job-completion-index";

/** The pod that a token is bound to, when its namespace may enrol. */
export function judgeToken(review: ReviewedToken | undefined, config: GateConfig): { readonly namespace: string; readonly name: string; readonly uid: string } | WorkerVerdict {
  if (review === undefined) return refuse("TOKEN_REJECTED", "the token is not accepted for audience tributary; project it into the sidecar with that audience");
  const [, , namespace] = review.username.match(/^(system:serviceaccount:)([^:]+):[^:]+$/u) ?? [];
  if (namespace === undefined || review.pod === undefined) return refuse("TOKEN_REJECTED", "the token is not bound to a pod; use a projected service account token");
  if (!config.namespaces.includes(namespace)) return refuse("ENROLMENT_REFUSED", `namespace ${namespace} is none of the job namespaces ${config.namespaces.join(", ")}`);
  return { namespace, ...review.pod };
}

/** Who the worker is, by its pod's labels, and whether its sidecar runs an image that the member allows. */
export function judgeWorker(pod: WorkerPod | undefined, bound: { readonly namespace: string; readonly name: string; readonly uid: string }, config: GateConfig): WorkerVerdict {
  const where = `pod ${bound.namespace}/${bound.name}`;
  if (pod === undefined || pod.metadata.uid !== bound.uid) return refuse("TOKEN_REJECTED", `${where} with the token's uid does not exist any more`);
  if (pod.metadata.deletionTimestamp !== undefined) return refuse("ENROLMENT_REFUSED", `${where} is being deleted`);
  const { labels = {} } = pod.metadata;
  const jobUid = labels[Label.JobUid];
  const participant = labels[Label.Participant];
  const index = labels[indexLabel];
  if (jobUid === undefined || participant === undefined || index === undefined || !/^(0|[1-9][0-9]{0,5})$/u.test(index)) {
    return refuse("ENROLMENT_REFUSED", `${where} must carry the labels ${Label.JobUid}, ${Label.Participant} and ${indexLabel}`);
  }
  const image = refusedImage(pod, config);
  if (image !== undefined) return refuse("ENROLMENT_REFUSED", `${where}: ${image}`);
  return { accepted: true, identity: { cluster: config.cluster, namespace: bound.namespace, jobUid, participant, workerIndex: Number(index) } };
}

/** Why the sidecar's image may not enrol. The spec's reference counts, or the digest that the kubelet says it runs. */
function refusedImage(pod: WorkerPod, config: GateConfig): string | undefined {
  const container = pod.spec.initContainers?.find(({ name }) => name === config.sidecarContainer);
  if (container === undefined) return `it has no init container ${config.sidecarContainer}`;
  const running = pod.status?.initContainerStatuses?.find(({ name }) => name === config.sidecarContainer);
  const digest = running?.imageID.match(/sha256:[0-9a-f]{64}/u)?.[0];
  const isAllowed = config.images.includes(container.image) || (digest !== undefined && config.images.includes(digest));
  return isAllowed ? undefined : `sidecar image ${container.image} is not on the gate's list of images`;
}

function refuse(code: "TOKEN_REJECTED" | "ENROLMENT_REFUSED", message: string): WorkerVerdict {
  return { accepted: false, code, message };
}
