import type { KubeObject } from "../api/object.ts";
import type { IndexFunction } from "./object-cache.ts";

/** Files each object under its namespace; cluster-scoped objects under the empty string. */
export const byNamespace: IndexFunction<KubeObject> = (object) => [object.metadata.namespace ?? ""];

/** Files each object under the value of one label, where it has it. */
export function byLabel(label: string): IndexFunction<KubeObject> {
  return (object) => {
    const value = object.metadata.labels?.[label];
    return value === undefined ? [] : [value];
  };
}

/** Files each object under the uid of every owner. */
export const byOwnerUid: IndexFunction<KubeObject> = (object) =>
  (object.metadata.ownerReferences ?? []).map((owner) => owner.uid);

/** Files each object under its own uid. */
export const byUid: IndexFunction<KubeObject> = (object) =>
  object.metadata.uid === undefined ? [] : [object.metadata.uid];
