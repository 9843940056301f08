import { Label } from "@tributary/contracts";
import type { KubeObject, Unstructured } from "../../../runtime/api/object.ts";
import { byLabel, byOwnerUid } from "../../../runtime/cache/index-functions.ts";
import { createObjectCache, type ObjectCache } from "../../../runtime/cache/object-cache.ts";
import type { ObservationSources } from "../observe/observe.ts";
import { someTimeMs } from "./a-snapshot.ts";

/** A cache of the hub's with these objects. */
export function cacheOf<T extends KubeObject>(...objects: readonly KubeObject[]): ObjectCache<T> {
  const indices = { "job-uid": byLabel(Label.JobUid), owner: byOwnerUid };
  const cache = createObjectCache<T>({
    indices,
    onError: (error) => {
      throw error;
    },
  });
  for (const object of objects) cache.upsert(object as T);
  return cache;
}

/** Sources of a hub that holds nothing but what is given: no members, an aggregator that is absent. */
export function someSources(given: Pick<ObservationSources, "jobs"> & Partial<ObservationSources>): ObservationSources {
  const nothing = cacheOf<Unstructured>();
  return {
    client: { get: async () => undefined } as never,
    trainingRounds: cacheOf(),
    memberClusters: cacheOf(),
    members: { stateOf: () => undefined },
    seatReports: { of: () => new Map() },
    services: nothing,
    statefulSets: nothing,
    configMaps: nothing,
    pods: nothing,
    advertisedAddress: "10.0.0.1",
    aggregatorOf: () => ({ state: "absent" }),
    nowMs: () => someTimeMs,
    seenRunning: () => 0,
    ...given,
  };
}
