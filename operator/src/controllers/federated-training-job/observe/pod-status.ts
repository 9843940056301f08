import type { Unstructured } from "../../../runtime/api/object.ts";

/** How one run of a container ended. */
export interface ContainerEnd {
  readonly exitCode: number;
  readonly reason?: string;
  /** What the process left in its `terminationMessagePath`. */
  readonly message?: string;
  readonly startedAt?: string | null;
  readonly finishedAt?: string | null;
}

/** A container as the kubelet reports it. */
export interface ContainerStatus {
  readonly name: string;
  readonly image: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly running?: object;
    readonly terminated?: ContainerEnd;
  };
  readonly lastState?: { readonly terminated?: ContainerEnd };
}

/** Status of a pod, as far as it is read. */
export interface PodStatus {
  readonly phase?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason?: string;
    readonly message?: string;
  }[];
  readonly containerStatuses?: readonly ContainerStatus[];
  readonly initContainerStatuses?: readonly ContainerStatus[];
}

const indexKey = "batch.kubernetes.io/job-completion-index";

/** Status of a pod as the kubelet reports it. */
export function podStatus(pod: Unstructured): PodStatus {
  return (pod.status as PodStatus | undefined) ?? {};
}

/** Containers of a pod in the order in which they start. */
export function containersOf(pod: Unstructured): ContainerStatus[] {
  const { initContainerStatuses = [], containerStatuses = [] } = podStatus(pod);
  return [...initContainerStatuses, ...containerStatuses];
}

/** Whether a pod is running or about to; only such a pod holds accelerators. */
export function isActive(pod: Unstructured): boolean {
  const { phase } = podStatus(pod);
  return phase === "Running" || phase === "Pending" || phase === undefined;
}

/** Whether every container of a pod runs, or ended well. */
export function isRunning(pod: Unstructured): boolean {
  const containers = containersOf(pod);
  return (
    podStatus(pod).phase === "Running" &&
    containers.length > 0 &&
    containers.every(({ state }) => state?.running !== undefined || state?.terminated?.exitCode === 0)
  );
}

/** Index of a pod in its Indexed Job; pods without one count as of one index each. */
export function indexOf(pod: Unstructured): string {
  const { labels, annotations, name } = pod.metadata;
  return labels?.[indexKey] ?? annotations?.[indexKey] ?? name;
}

/** Newest first; both times are of the API server that has the pods. */
export function newestFirst(pods: readonly Unstructured[]): Unstructured[] {
  return [...pods].sort((left, right) =>
    (right.metadata.creationTimestamp ?? "").localeCompare(left.metadata.creationTimestamp ?? ""),
  );
}
