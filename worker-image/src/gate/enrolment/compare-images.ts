import type { ContainerShape, ContainerStatusShape, PodTemplateView, PodView } from "../kubernetes/pod-shape.ts";
import { pinnedDigest, runningDigest } from "./image-digests.ts";

/** What the member's admin demands of images. */
export interface ImagePolicy {
  /** Whether the runtime's containers must name their images by digest. */
  readonly requireImageDigests: boolean;
  /** Digests that nodes may report though a runtime names others: those of one platform, where a reference is of an image for several. */
  readonly runningDigests: readonly string[];
}

/**
 * Whether the images of the runtime's containers are named, and run, as they must. An `imageID` that is not there yet is of a container that
 * has not started: it starts by the reference in the pod's spec.
 *
 * @returns why not; `undefined` when all is well.
 */
export function findForeignImage(pod: PodView, { template }: PodTemplateView, policy: ImagePolicy): string | undefined {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  return (
    findIn("initContainers", template.spec.initContainers, initContainerStatuses, policy) ??
    findIn("containers", template.spec.containers, containerStatuses, policy)
  );
}

function findIn(
  list: string,
  containers: readonly ContainerShape[] = [],
  statuses: readonly ContainerStatusShape[],
  { requireImageDigests, runningDigests }: ImagePolicy,
): string | undefined {
  for (const { name, image = "" } of containers) {
    const pinned = pinnedDigest(image);
    if (pinned === undefined && requireImageDigests)
      return `spec.${list}[${name}].image must be a reference by digest (gate.requireImageDigests), is ${JSON.stringify(image)}`;
    if (pinned === undefined) continue;
    for (const { imageID } of statuses.filter((status) => status.name === name)) {
      const running = runningDigest(imageID ?? "");
      if (!imageID || running === pinned || (running !== undefined && runningDigests.includes(running))) continue;
      return `the running image of container ${name} must be ${pinned}, is ${JSON.stringify(imageID)}`;
    }
  }
  return undefined;
}
