import type { ContainerShape, ResourcesShape } from "../../kubernetes/pod-shape.ts";
import { isAtMost } from "./quantity.ts";

/** What a LimitRange gives containers that say nothing of it. */
const RANGED = ["cpu", "memory", "ephemeral-storage"];

/** The most that a job may ask for of some resources, as the PodTemplate's annotation lists it: `resource=count,…`. */
export type ResourceLimits = ReadonlyMap<string, string>;

/** Reads the annotation; what cannot be read allows nothing. */
export function readLimits(annotation = ""): ResourceLimits {
  const pairs = annotation.split(",").map((pair) => pair.split("="));
  return new Map(pairs.flatMap(([resource, count]) => (resource && count ? [[resource, count] as const] : [])));
}

/**
 * A container's resources without what is explained: accelerators within the limits, the requests that the API server makes of a pod's
 * limits, and what the LimitRanger adds where the runtime says nothing.
 */
export function withoutExplainedResources(
  container: ContainerShape,
  runtime: ContainerShape,
  limits: ResourceLimits,
): ContainerShape {
  const { resources } = container;
  if (resources === undefined) return container;
  const own = runtime.resources ?? {};
  const isLimited = (name: string, amount: string) => isAtMost(amount, limits.get(name));
  const isOfLimit = (name: string, amount: string) => resources.limits?.[name] === amount;
  const rest = {
    ...resources,
    ...listWith(
      "limits",
      resources,
      own,
      (name, amount, isOwn) => isLimited(name, amount) || (!isOwn && isRanged(name)),
    ),
    ...listWith(
      "requests",
      resources,
      own,
      (name, amount, isOwn) => isLimited(name, amount) || (!isOwn && (isRanged(name) || isOfLimit(name, amount))),
    ),
  };
  return { ...container, resources: withoutUndefined(rest) };
}

const isRanged = (name: string): boolean => RANGED.includes(name);

/** A list with the runtime's own amount, or none, in place of each that is explained; none when that leaves nothing of a list that the runtime lacks. */
function listWith(
  kind: "limits" | "requests",
  resources: ResourcesShape,
  runtime: ResourcesShape,
  isExplained: (name: string, amount: string, isOwn: boolean) => boolean,
): Partial<ResourcesShape> {
  const own = runtime[kind];
  const kept = Object.entries(resources[kind] ?? {}).flatMap(([name, amount]) => {
    const ownAmount = own !== undefined && Object.hasOwn(own, name) ? own[name] : undefined;
    if (!isExplained(name, amount, ownAmount !== undefined)) return [[name, amount] as const];
    return ownAmount === undefined ? [] : [[name, ownAmount] as const];
  });
  if (kept.length === 0 && own === undefined) return { [kind]: undefined };
  return { [kind]: Object.fromEntries(kept) };
}

function withoutUndefined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
