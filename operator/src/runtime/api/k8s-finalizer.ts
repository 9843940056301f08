import type { ApiClient, CallOptions, JsonPatchOperation } from "./api-client.ts";
import { apiReason, isNotFound } from "./api-error.ts";
import type { KubeObject, ObjectRef } from "./object.ts";
import type { Resource } from "./resource.ts";

/**
 * The patch that adds `finalizer`, guarded so that it cannot lose one that somebody else added meanwhile:
 * appending needs no test, creating the list does.
 */
export function addFinalizerPatch(object: KubeObject, finalizer: string): JsonPatchOperation[] {
  const present = object.metadata.finalizers ?? [];
  if (present.includes(finalizer)) return [];
  const identity: JsonPatchOperation = { op: "test", path: "/metadata/uid", value: object.metadata.uid };
  if (present.length > 0) return [identity, { op: "add", path: "/metadata/finalizers/-", value: finalizer }];
  const unchanged: JsonPatchOperation = {
    op: "test",
    path: "/metadata/resourceVersion",
    value: object.metadata.resourceVersion,
  };
  return [identity, unchanged, { op: "add", path: "/metadata/finalizers", value: [finalizer] }];
}

/** The patch that removes `finalizer` and fails when the entry at its position is another one by now. */
export function removeFinalizerPatch(object: KubeObject, finalizer: string): JsonPatchOperation[] {
  const index = (object.metadata.finalizers ?? []).indexOf(finalizer);
  if (index < 0) return [];
  return [
    { op: "test", path: "/metadata/uid", value: object.metadata.uid },
    { op: "test", path: `/metadata/finalizers/${index}`, value: finalizer },
    { op: "remove", path: `/metadata/finalizers/${index}` },
  ];
}

function isFailedTest(error: unknown): boolean {
  const reason = apiReason(error);
  return reason === "Invalid" || reason === "Conflict";
}

type PatchOf = (object: KubeObject, finalizer: string) => JsonPatchOperation[];

/** Patches what was read; when it had changed, reads once more, since a cached copy may be old. */
async function patchFinalizer<T extends KubeObject>(
  client: ApiClient,
  resource: Resource,
  seen: T,
  finalizer: string,
  patchOf: PatchOf,
  options: CallOptions,
): Promise<T | undefined> {
  let object: T | undefined = seen;
  for (let attempt = 0; ; attempt++) {
    const operations = patchOf(object, finalizer);
    if (operations.length === 0) return object;
    const ref: ObjectRef = { name: object.metadata.name, namespace: object.metadata.namespace };
    try {
      return await client.patchJson<T>(resource, ref, operations, options);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      if (attempt > 0 || !isFailedTest(error)) throw error;
      object = await client.get<T>(resource, ref, options);
      if (object === undefined || object.metadata.uid !== seen.metadata.uid) return undefined;
    }
  }
}

/** Adds `finalizer` to the object; does nothing when it is there. Undefined when the object is gone. */
export function addFinalizer<T extends KubeObject>(
  client: ApiClient,
  resource: Resource,
  object: T,
  finalizer: string,
  options: CallOptions = {},
): Promise<T | undefined> {
  return patchFinalizer(client, resource, object, finalizer, addFinalizerPatch, options);
}

/** Removes `finalizer` from the object; does nothing when it is not there. Undefined when the object is gone. */
export function removeFinalizer<T extends KubeObject>(
  client: ApiClient,
  resource: Resource,
  object: T,
  finalizer: string,
  options: CallOptions = {},
): Promise<T | undefined> {
  return patchFinalizer(client, resource, object, finalizer, removeFinalizerPatch, options);
}
