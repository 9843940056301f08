import type { ContainerShape, Fields, NamedFields, PodSpecShape } from "../../kubernetes/pod-shape.ts";
import { INDEX_LABEL } from "./metadata.ts";
import { type ResourceLimits, withoutExplainedResources } from "./resources.ts";
import { without } from "./without.ts";

/** Container whose accelerators a job may choose. */
const TRAINER = "trainer";
/** How the Job controller tells a container its index: from the label, in clusters that have it, else from the annotation. */
const INDEX_SOURCES = [`metadata.labels['${INDEX_LABEL}']`, `metadata.annotations['${INDEX_LABEL}']`];

/** What explains a difference between two containers. */
export interface ContainerContext {
  readonly limits: ResourceLimits;
  /** Volumes that the member's webhooks added. */
  readonly addedVolumes: ReadonlySet<string>;
  /** Variables that the member's webhooks add. */
  readonly injectedEnv: readonly string[];
}

/** The containers of a pod, each without what explains how it differs from the runtime's of its name. */
export function withoutExplainedInContainers(
  spec: PodSpecShape,
  runtime: PodSpecShape,
  context: ContainerContext,
): PodSpecShape {
  const each = (list: "containers" | "initContainers") => {
    const own = new Map((runtime[list] ?? []).map((container) => [container.name, container]));
    return (spec[list] ?? []).map((container) => {
      const of = own.get(container.name);
      return of === undefined ? container : withoutExplained(container, of, context);
    });
  };
  return {
    ...spec,
    ...(spec.containers !== undefined && { containers: each("containers") }),
    ...(spec.initContainers !== undefined && { initContainers: each("initContainers") }),
  };
}

function withoutExplained(
  container: ContainerShape,
  runtime: ContainerShape,
  { limits, addedVolumes, injectedEnv }: ContainerContext,
): ContainerShape {
  const ownEnv = new Set((runtime.env ?? []).map(({ name }) => name));
  const isForeignVariable = (variable: NamedFields) =>
    !ownEnv.has(variable.name) && (injectedEnv.includes(variable.name) || isIndex(variable));
  const slim = without(container, "env", runtime.env, isForeignVariable);
  const bare = without(slim, "volumeMounts", runtime.volumeMounts, ({ name }: NamedFields) => addedVolumes.has(name));
  const ofTrainer = runtime.name === TRAINER ? limits : new Map<string, string>();
  return withoutDefaults(withoutExplainedResources(bare, runtime, ofTrainer), runtime);
}

function isIndex({ name, valueFrom, ...rest }: NamedFields): boolean {
  const { fieldRef, ...others } = (valueFrom ?? {}) as { readonly fieldRef?: Fields };
  const isPlain = Object.keys(rest).length === 0 && Object.keys(others).length === 0;
  if (name !== "JOB_COMPLETION_INDEX" || !isPlain || fieldRef === undefined) return false;
  const { apiVersion = "v1", fieldPath, ...more } = fieldRef;
  return apiVersion === "v1" && INDEX_SOURCES.includes(String(fieldPath)) && Object.keys(more).length === 0;
}

/** Fields that an API server fills in for pods and not for PodTemplates: policies of resizing, and pulling anew with AlwaysPullImages. */
function withoutDefaults(container: ContainerShape, runtime: ContainerShape): ContainerShape {
  const { resizePolicy, ...rest } = container;
  const isDefaultResize =
    runtime.resizePolicy === undefined && Array.isArray(resizePolicy) && resizePolicy.every(isWithoutRestart);
  const slim: ContainerShape = isDefaultResize ? (rest as ContainerShape) : container;
  const isPulledAnew = runtime.imagePullPolicy === "IfNotPresent" && container.imagePullPolicy === "Always";
  return isPulledAnew ? { ...slim, imagePullPolicy: "IfNotPresent" } : slim;
}

function isWithoutRestart(policy: Fields): boolean {
  return policy.restartPolicy === "NotRequired" && Object.keys(policy).length === 2 && "resourceName" in policy;
}
