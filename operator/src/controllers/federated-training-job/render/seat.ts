import { Annotation, type FederatedTrainingJob, Label, permanentTrainerExitCodes } from "@tributary/contracts";
import { trainerOf } from "@tributary/contracts/fields";
import { hashList } from "../../shared/hash-list.ts";
import type { KubernetesObject } from "../plan.ts";
import type {
  AggregatorEndpoint,
  ContainerSpec,
  Participant,
  PodSpec,
  PodTemplateObject,
  VolumeSpec,
} from "../snapshot.ts";
import { jobNames, seatName } from "./names.ts";

/** Name of the volume in a runtime's PodTemplate whose ConfigMap the hub may name: the job's parameters. */
export const parametersVolume = "tributary-parameters";

/** What a seat's objects are rendered from. */
export interface SeatInput {
  readonly job: FederatedTrainingJob;
  readonly participant: Participant;
  /** Namespace in the member. */
  readonly namespace: string;
  /** Id of this hub. */
  readonly origin: string;
  /** Where the workers reach the aggregator. */
  readonly endpoint: AggregatorEndpoint;
  /** Certificate of the job CA. */
  readonly caPem: string;
  /** The runtime that the member's admin wrote. */
  readonly template: PodTemplateObject;
}

/** Labels by which the objects of a seat are found again in a member. */
export function seatLabels(input: Pick<SeatInput, "job" | "participant" | "origin">): Record<string, string> {
  const { job, participant, origin } = input;
  return {
    [Label.Origin]: origin,
    [Label.JobUid]: job.metadata.uid ?? "",
    [Label.JobName]: job.metadata.name,
    [Label.JobNamespace]: jobNames(job).namespace,
    [Label.Participant]: participant.name,
  };
}

/** The worker's parameters, `worker.json`, as worker-image/README.md describes them. */
export function renderWorkerConfig(input: SeatInput): string {
  const { job, participant, endpoint, caPem } = input;
  const worker = {
    version: 1,
    jobUid: job.metadata.uid,
    participant: participant.name,
    aggregator: { ...endpoint, serverName: jobNames(job).serverName, caPem },
  };
  return `${JSON.stringify(worker, null, 2)}\n`;
}

/** The anchor: the ConfigMap with the worker's parameters, which owns everything else of the seat in the member. */
export function renderAnchor(input: SeatInput): KubernetesObject {
  const { job, participant, namespace, origin } = input;
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: seatName(origin, job, participant.name), namespace, labels: seatLabels(input) },
    data: { "worker.json": renderWorkerConfig(input) },
  };
}

/**
 * What counts as a failure of a worker. A pod that its cluster took away does not; a trainer that no other try can help ends
 * its index at once, which frees its accelerators: the pod is over and no other is made.
 */
const podFailurePolicy = {
  rules: [
    { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
    {
      action: "FailIndex",
      onExitCodes: { containerName: "trainer", operator: "In", values: permanentTrainerExitCodes },
    },
  ],
} as const;

/**
 * The Indexed Job of a seat. The pod is the member's own template, copied verbatim but for what the hub may set: labels,
 * parallelism, accelerators of the trainer, and the name of the parameters ConfigMap. The owner is added when the anchor's
 * uid is known.
 */
export function renderBatchJob(input: Omit<SeatInput, "endpoint" | "caPem">): KubernetesObject {
  const { job, participant, namespace, origin, template } = input;
  const labels = seatLabels(input);
  const name = seatName(origin, job, participant.name);
  const trainer = trainerOf(job.spec, participant);
  const terms = { [Label.Terms]: hashTerms(trainer, [participant.dataset ?? ""]) };
  const templateLabels = template.template.metadata?.labels ?? {};
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name,
      namespace,
      labels: { ...labels, ...terms, ...runtimeLabels(template) },
      annotations: { [Annotation.TrainerTerms]: hashTerms(trainer, []) },
    },
    spec: {
      completionMode: "Indexed",
      completions: participant.workers,
      parallelism: participant.workers,
      backoffLimitPerIndex: job.spec.failurePolicy.workerRestartLimit,
      maxFailedIndexes: participant.workers,
      podReplacementPolicy: "Failed",
      podFailurePolicy,
      template: {
        metadata: {
          labels: { ...templateLabels, ...labels, ...terms, [Label.Component]: "worker" },
          ...(template.template.metadata?.annotations === undefined
            ? {}
            : { annotations: template.template.metadata.annotations }),
        },
        spec: fillPod(template.template.spec, participant, name),
      },
    },
  };
}

/**
 * A pod's trainer is told of one task for all its life: other terms need other pods. The data set is the one that the spec names: of
 * a runtime's only one, which is taken when it names none, the template's label cannot tell whether it was asked for.
 */
function hashTerms(
  { task, seed, hyperparameters = {} }: FederatedTrainingJob["spec"]["trainer"],
  dataset: readonly string[],
): string {
  const named = Object.entries(hyperparameters).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return hashList([...dataset, task, String(seed), ...named.flat().map(String)]);
}

/** Runtime and data set of the template: the member's admission policy finds its parameter by them. */
function runtimeLabels(template: PodTemplateObject): Record<string, string> {
  const { labels = {} } = template.metadata;
  const kept = [Label.Runtime, Label.Dataset].filter((label) => labels[label] !== undefined);
  return Object.fromEntries(kept.map((label) => [label, labels[label] as string]));
}

function fillPod(spec: PodSpec, participant: Participant, configMapName: string): PodSpec {
  return {
    ...spec,
    restartPolicy: "Never",
    containers: spec.containers.map((container) =>
      container.name === "trainer" ? withAccelerator(container, participant) : container,
    ),
    volumes: (spec.volumes ?? []).map((volume) => withParameters(volume, configMapName)),
  };
}

function withAccelerator(container: ContainerSpec, participant: Participant): ContainerSpec {
  const { accelerator } = participant;
  if (accelerator === undefined) return container;
  const amount = { [accelerator.resource]: String(accelerator.count) };
  return {
    ...container,
    resources: {
      ...container.resources,
      limits: { ...container.resources?.limits, ...amount },
      requests: { ...container.resources?.requests, ...amount },
    },
  };
}

function withParameters(volume: VolumeSpec, configMapName: string): VolumeSpec {
  if (volume.name !== parametersVolume) return volume;
  return { ...volume, configMap: { ...volume.configMap, name: configMapName } };
}
