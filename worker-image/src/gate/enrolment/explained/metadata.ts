import { Label } from "@tributary/contracts";

type Texts = Readonly<Record<string, string>>;

/** Label by which the Job controller names the Job of a pod. */
export const JOB_NAME_LABEL = "batch.kubernetes.io/job-name";
/** Label and annotation by which the Job controller numbers the pods of an Indexed Job. */
export const INDEX_LABEL = "batch.kubernetes.io/job-completion-index";

/** Labels that the Job controller sets, and those of its node that an API server copies. */
const CLUSTER_LABELS = [
  JOB_NAME_LABEL,
  INDEX_LABEL,
  "batch.kubernetes.io/controller-uid",
  "controller-uid",
  "job-name",
  "topology.kubernetes.io/region",
  "topology.kubernetes.io/zone",
];

/** Labels that say what a pod was made from: the runtime's alone. */
const RUNTIME_LABELS: readonly string[] = [Label.Runtime, Label.Dataset, Label.RuntimeVersion];

/** What the Job controller and the LimitRanger note, and what network plug-ins and autoscalers tell of a pod that is there. */
const CLUSTER_ANNOTATIONS = [
  INDEX_LABEL,
  "batch.kubernetes.io/job-index-failure-count",
  "batch.kubernetes.io/job-index-ignored-failure-count",
  "kubernetes.io/limit-ranger",
  "cni.projectcalico.org/containerID",
  "cni.projectcalico.org/podIP",
  "cni.projectcalico.org/podIPs",
  "k8s.v1.cni.cncf.io/network-status",
  "k8s.v1.cni.cncf.io/networks-status",
  "k8s.ovn.org/pod-networks",
  "cloud.google.com/cluster_autoscaler_unhelpable_since",
  "cloud.google.com/cluster_autoscaler_unhelpable_until",
];

/** Labels of a pod without those that are neither the runtime's nor mean anything to others: the cluster's and the hub's. */
export function withoutExplainedLabels(
  labels: Texts = {},
  runtime: Texts = {},
  injected: readonly string[] = [],
): Texts {
  return filtered(
    labels,
    runtime,
    (key, value) => CLUSTER_LABELS.includes(key) || injected.includes(key) || isOfHub(key, value),
  );
}

function isOfHub(key: string, value: string): boolean {
  if (RUNTIME_LABELS.includes(key)) return false;
  // Which policies of the network hold for a pod is told by its component.
  return key === Label.Component ? value === "worker" : key.startsWith("tributary.dev/");
}

/** Annotations of a pod without those that the cluster and its webhooks write. */
export function withoutExplainedAnnotations(
  annotations: Texts = {},
  runtime: Texts = {},
  injected: readonly string[] = [],
): Texts {
  return filtered(annotations, runtime, (key) => CLUSTER_ANNOTATIONS.includes(key) || injected.includes(key));
}

function filtered(texts: Texts, runtime: Texts, isExplained: (key: string, value: string) => boolean): Texts {
  const kept = Object.entries(texts).filter(([key, value]) => Object.hasOwn(runtime, key) || !isExplained(key, value));
  return Object.fromEntries(kept);
}
