import { TributaryError } from "@tributary/kit";
import type { PodSpecShape } from "../kubernetes/pod-shape.ts";

/** What the member's own admission webhooks add to worker pods, by name. */
export interface Injected {
  readonly initContainers: readonly string[];
  readonly containers: readonly string[];
  /** Volumes, and their mounts in the runtime's containers. */
  readonly volumes: readonly string[];
  /** Variables of the runtime's containers. */
  readonly env: readonly string[];
  readonly labels: readonly string[];
  readonly annotations: readonly string[];
  /** Keys of the node selector. */
  readonly nodeSelector: readonly string[];
  /** Keys of tolerations. */
  readonly tolerations: readonly string[];
}

/** The lists of {@link Injected}. */
export const injectedLists = [
  "initContainers",
  "containers",
  "volumes",
  "env",
  "labels",
  "annotations",
  "nodeSelector",
  "tolerations",
] as const satisfies readonly (keyof Injected)[];

/** Lists whose names a runtime has for itself. */
const named = ["initContainers", "containers", "volumes"] as const;

/**
 * What is injected comes on top of a runtime, and is none of its own.
 *
 * @throws ENROLMENT_REFUSED naming list and name when one is the runtime's own.
 */
export function requireForeign(injected: Injected, runtime: PodSpecShape): void {
  const own = new Set(named.flatMap((list) => (runtime[list] ?? []).map(({ name }) => name)));
  for (const list of named)
    for (const name of injected[list])
      if (own.has(name))
        throw new TributaryError(
          "ENROLMENT_REFUSED",
          `gate.injected.${list} names ${name}, which is the runtime's own`,
        );
}
