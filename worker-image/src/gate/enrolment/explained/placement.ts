import type { ContainerShape, Fields, PodSpecShape } from "../../kubernetes/pod-shape.ts";
import type { Injected } from "../injected.ts";
import { without } from "./without.ts";

/** Taints that DefaultTolerationSeconds makes each pod bear for a while. */
const BRIEFLY_BORNE = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];
const MEMORY_PRESSURE = "node.kubernetes.io/memory-pressure";

/**
 * Fields that the scheduler and admission plug-ins set where the runtime has none: node and priority, the pull secrets of the service
 * account, the overhead of a runtime class, a default.
 */
const SET_WHERE_NONE = ["nodeName", "priority", "priorityClassName", "preemptionPolicy", "imagePullSecrets"];

/** A pod's spec without what tells where and when it runs and was put there by the cluster. */
export function withoutPlacement(spec: PodSpecShape, runtime: PodSpecShape, injected: Injected): PodSpecShape {
  const hasClass = runtime.runtimeClassName !== undefined;
  const added = [...SET_WHERE_NONE, ...(hasClass ? ["overhead"] : [])].filter((field) => runtime[field] === undefined);
  const kept = Object.entries(spec).filter(
    // Pods alone get this default; PodTemplates do not.
    ([field, value]) => !added.includes(field) && !(field === "enableServiceLinks" && value && !(field in runtime)),
  );
  const slim = Object.fromEntries(kept) as PodSpecShape;
  const bare = withoutSelectors(slim, runtime, (key) => hasClass || injected.nodeSelector.includes(key));
  const own = (runtime.tolerations ?? []).map(textOf);
  const asked = resourcesOf(spec);
  return without(bare, "tolerations", runtime.tolerations, (toleration: Fields) => {
    if (own.includes(textOf(toleration))) return false;
    const isInjected = injected.tolerations.includes(String(toleration.key));
    return hasClass || isInjected || isOfPlugIn(toleration, asked);
  });
}

function isOfPlugIn(toleration: Fields, asked: ReadonlySet<string>): boolean {
  const { key, operator, effect, tolerationSeconds, ...rest } = toleration;
  if (operator !== "Exists" || Object.keys(rest).length > 0) return false;
  // DefaultTolerationSeconds
  if (effect === "NoExecute") return BRIEFLY_BORNE.includes(String(key)) && typeof tolerationSeconds === "number";
  if (effect !== "NoSchedule" || tolerationSeconds !== undefined) return false;
  // PodTolerationRestriction; ExtendedResourceToleration, for resources that have a vendor.
  return key === MEMORY_PRESSURE || (String(key).includes("/") && asked.has(String(key)));
}

function resourcesOf(spec: PodSpecShape): ReadonlySet<string> {
  const containers: readonly ContainerShape[] = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  return new Set(containers.flatMap(({ resources }) => Object.keys(resources?.requests ?? {})));
}

function withoutSelectors(
  spec: PodSpecShape,
  runtime: PodSpecShape,
  isExplained: (key: string) => boolean,
): PodSpecShape {
  const own = runtime.nodeSelector ?? {};
  const kept = Object.entries(spec.nodeSelector ?? {}).filter(([key]) => Object.hasOwn(own, key) || !isExplained(key));
  const { nodeSelector, ...rest } = spec;
  const isGone = nodeSelector === undefined || (kept.length === 0 && runtime.nodeSelector === undefined);
  return isGone ? rest : { ...rest, nodeSelector: Object.fromEntries(kept) };
}

/** Tolerations are flat: equal texts in order of their fields are equal tolerations. */
function textOf(toleration: Fields): string {
  return JSON.stringify(Object.entries(toleration).toSorted(([left], [right]) => (left < right ? -1 : 1)));
}
