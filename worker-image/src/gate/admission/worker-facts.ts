import { Label } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import { pinnedDigest, runningDigest } from "../enrolment/image-digests.ts";
import type { PodTemplateView, PodView } from "../kubernetes/pod-shape.ts";

/** The parts of a pod of which the facts are made. */
export type WorkerPod = Pick<PodView, "spec" | "status"> & { readonly metadata: Pick<PodView["metadata"], "labels"> };

/** The image of one of a trainer's containers. */
export interface TrainerImage {
  /** As the pod's spec names it. */
  readonly reference: string;
  /** Digests `sha256:…` that name what runs: of the reference, and as the node found it; either is enough. */
  readonly digests: readonly string[];
}

/** What the gate knows of the pod of a worker. */
export interface WorkerFacts {
  /** Name of its runtime. */
  readonly runtime: string;
  /** Name of its data set, where the runtime has one. */
  readonly dataset: string | undefined;
  readonly trainerImages: readonly TrainerImage[];
}

/**
 * The facts of a worker's pod that was found to be made of the member's own template.
 *
 * @param containers names of the template's containers that run the trainer, started before it or with it: all but the sidecar. What the
 *   member's own webhooks add is not among them.
 * @throws ENROLMENT_REFUSED for a pod without the label of its runtime, or without one of those containers.
 */
export function workerFactsOf({ metadata, spec, status }: WorkerPod, containers: readonly string[]): WorkerFacts {
  const runtime = metadata.labels?.[Label.Runtime];
  if (!runtime) throw refused(`has no label ${Label.Runtime}`);
  const there = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const trainerImages = containers.map((name): TrainerImage => {
    const reference = there.find((container) => container.name === name)?.image;
    if (reference === undefined) throw refused(`has no container ${name}`);
    const running = statuses.find((container) => container.name === name)?.imageID ?? "";
    const digests = [pinnedDigest(reference), runningDigest(running)].filter((digest) => digest !== undefined);
    return { reference, digests: [...new Set(digests)] };
  });
  return { runtime, dataset: metadata.labels?.[Label.Dataset], trainerImages };
}

/** Names of the containers of a runtime that run its trainer: all but the sidecar. */
export function trainerContainersOf({ template: { spec } }: PodTemplateView, sidecarContainer: string): string[] {
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  return containers.map(({ name }) => name).filter((name) => name !== sidecarContainer);
}

function refused(why: string): TributaryError {
  return new TributaryError("ENROLMENT_REFUSED", `the worker's pod ${why}`);
}
