import { Label } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import { pinnedDigest, runningDigest } from "../enrolment/image-digests.ts";

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

/** The parts of a pod of which the facts are made. */
export interface WorkerPod {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: { readonly containers: readonly { readonly name: string; readonly image: string }[] };
  readonly status?: {
    readonly containerStatuses?: readonly { readonly name: string; readonly imageID?: string }[];
  };
}

/**
 * The facts of a worker's pod that enrolment found to be made of the member's own template.
 *
 * @param containers names of the template's containers, which run the trainer; what the member's own webhooks add is not among them.
 * @throws ENROLMENT_REFUSED for a pod without the label of its runtime, or without one of those containers.
 */
export function workerFactsOf({ metadata, spec, status }: WorkerPod, containers: readonly string[]): WorkerFacts {
  const runtime = metadata.labels?.[Label.Runtime];
  if (!runtime) throw refused(`has no label ${Label.Runtime}`);
  const trainerImages = containers.map((name): TrainerImage => {
    const reference = spec.containers.find((container) => container.name === name)?.image;
    if (reference === undefined) throw refused(`has no container ${name}`);
    const running = status?.containerStatuses?.find((container) => container.name === name)?.imageID ?? "";
    const digests = [pinnedDigest(reference), runningDigest(running)].filter((digest) => digest !== undefined);
    return { reference, digests: [...new Set(digests)] };
  });
  return { runtime, dataset: metadata.labels?.[Label.Dataset], trainerImages };
}

function refused(why: string): TributaryError {
  return new TributaryError("ENROLMENT_REFUSED", `the worker's pod ${why}`);
}
