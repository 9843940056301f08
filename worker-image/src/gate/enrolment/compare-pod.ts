import { Annotation } from "@tributary/contracts";
import type { ContainerShape, NamedFields, PodSpecShape, PodTemplateView, PodView } from "../kubernetes/pod-shape.ts";
import { withoutExplainedInContainers } from "./explained/containers.ts";
import {
  INDEX_LABEL,
  JOB_NAME_LABEL,
  withoutExplainedAnnotations,
  withoutExplainedLabels,
} from "./explained/metadata.ts";
import { withoutPlacement } from "./explained/placement.ts";
import { readLimits } from "./explained/resources.ts";
import { without } from "./explained/without.ts";
import { type Difference, findDifference } from "./find-difference.ts";
import type { Injected } from "./injected.ts";

/** Volume whose ConfigMap the hub names: that of its Job. */
const PARAMETERS = "tributary-parameters";

/**
 * Compares a whole pod, labels, annotations and every field of its spec, with the PodTemplate that it says it was made from. What the Job
 * controller, the API server's defaults and built-in plug-ins, the hub within its limits and the webhooks that the member lists may have
 * set is taken away first, each where it looks exactly as they write it; whatever is left must be equal.
 *
 * @returns the first difference; `undefined` when the pod is the template's.
 */
export function comparePod(pod: PodView, runtime: PodTemplateView, injected: Injected): Difference | undefined {
  const { metadata = {}, spec } = runtime.template;
  const { labels, annotations } = pod.metadata;
  const ownLabels = withoutExplainedLabels(labels, metadata.labels, injected.labels);
  const ownAnnotations = withoutExplainedAnnotations(annotations, metadata.annotations, injected.annotations);
  return (
    findDifference(metadata.labels ?? {}, ownLabels, "metadata.labels") ??
    findDifference(metadata.annotations ?? {}, ownAnnotations, "metadata.annotations") ??
    findTakenVolume(pod.spec, spec, injected) ??
    findDifference(spec, withoutExplained(pod, runtime, injected), "spec")
  );
}

function withoutExplained(pod: PodView, runtime: PodTemplateView, injected: Injected): PodSpecShape {
  const { spec: own } = runtime.template;
  const isInjected = (list: "containers" | "initContainers" | "volumes") => {
    const names = namesOf(own[list]);
    return ({ name }: NamedFields) => !names.has(name) && injected[list].includes(name);
  };
  const addedVolumes = new Set((pod.spec.volumes ?? []).filter(isInjected("volumes")).map(({ name }) => name));
  const jobName = pod.metadata.labels?.[JOB_NAME_LABEL];
  const host = `${jobName}-${pod.metadata.labels?.[INDEX_LABEL]}`;
  const steps: ((spec: PodSpecShape) => PodSpecShape)[] = [
    (spec) => without(spec, "containers", own.containers, isInjected("containers")),
    (spec) => without(spec, "initContainers", own.initContainers, isInjected("initContainers")),
    (spec) => without(spec, "volumes", own.volumes, isInjected("volumes")),
    (spec) => withoutHostname(spec, own, host),
    (spec) => withParameters(spec, own, jobName),
    // Before the accelerators are taken away, whose taints an admission plug-in makes a pod bear.
    (spec) => withoutPlacement(spec, own, injected),
    (spec) =>
      withoutExplainedInContainers(spec, own, {
        limits: readLimits(runtime.metadata.annotations?.[Annotation.AcceleratorLimits]),
        addedVolumes,
        injectedEnv: injected.env,
      }),
  ];
  return steps.reduce((spec, step) => step(spec), pod.spec);
}

/** What a webhook adds brings its volumes along: the runtime's own, with the worker's secrets and data, are for the runtime's containers. */
function findTakenVolume(spec: PodSpecShape, runtime: PodSpecShape, injected: Injected): Difference | undefined {
  const own = namesOf(runtime.volumes);
  for (const list of ["initContainers", "containers"] as const)
    for (const container of spec[list] ?? []) {
      if (!injected[list].includes(container.name)) continue;
      const taken = usedVolumes(container).find(({ name }) => own.has(name));
      if (taken === undefined) continue;
      return { path: `spec.${list}[${container.name}].volumeMounts[${taken.name}]`, wanted: undefined, found: taken };
    }
  return undefined;
}

function usedVolumes({ volumeMounts = [], volumeDevices = [] }: ContainerShape): readonly NamedFields[] {
  return [...volumeMounts, ...volumeDevices];
}

/** The Job controller names the host of a pod after Job and index. */
function withoutHostname(spec: PodSpecShape, runtime: PodSpecShape, host: string): PodSpecShape {
  if (runtime.hostname !== undefined || spec.hostname !== host) return spec;
  const { hostname: _explained, ...rest } = spec;
  return rest;
}

/** The parameters are the ConfigMap of the Job's name: the runtime's own name stands in for it. */
function withParameters(spec: PodSpecShape, runtime: PodSpecShape, jobName: string | undefined): PodSpecShape {
  const own = runtime.volumes?.find(({ name }) => name === PARAMETERS)?.configMap as NamedFields | undefined;
  if (own === undefined || jobName === undefined || spec.volumes === undefined) return spec;
  const volumes = spec.volumes.map((volume) => {
    const source = volume.configMap as NamedFields | undefined;
    const isOfJob = volume.name === PARAMETERS && source?.name === jobName;
    return isOfJob ? { ...volume, configMap: { ...source, name: own.name } } : volume;
  });
  return { ...spec, volumes };
}

function namesOf(list: readonly NamedFields[] | undefined): ReadonlySet<string> {
  return new Set((list ?? []).map(({ name }) => name));
}
