import type { KubeObject, ObjectRef } from "./object.ts";
import type { Resource } from "./resource.ts";

/** What every call takes. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Time for the call with all its retries, in milliseconds. */
  readonly deadlineMs?: number | undefined;
}

/** Which objects of a resource. */
export interface Selection {
  /** All namespaces when left out. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

/** One page of a list. */
export interface Page<T> {
  readonly items: T[];
  readonly resourceVersion: string;
  /** Token for the next page; left out on the last. */
  readonly continueToken?: string;
}

/** How a list is read. */
export interface ListOptions<T extends KubeObject = KubeObject> extends Selection, CallOptions {
  /** Objects per page; 500 by default. */
  readonly limit?: number | undefined;
  readonly continueToken?: string | undefined;
  readonly resourceVersion?: string | undefined;
  /** Only `metadata` of each object (`PartialObjectMetadata`). */
  readonly metadataOnly?: boolean | undefined;
  /** Makes of each object what is kept of it as soon as it is read: whole objects of a page are never held together. */
  readonly prepare?: ((object: T) => T) | undefined;
}

/** How a watch is opened. */
export interface WatchOptions extends Selection {
  /** The stream starts after this version. */
  readonly resourceVersion: string;
  /** The API server ends the stream after about this time. */
  readonly timeoutSeconds: number;
  readonly metadataOnly?: boolean | undefined;
  /** Ask for the present objects first, as `ADDED`, then a bookmark with the `initial-events-end` annotation. */
  readonly sendInitialEvents?: boolean | undefined;
  readonly signal: AbortSignal;
  /** Time until the API server has answered with its headers, in milliseconds. */
  readonly deadlineMs?: number | undefined;
}

/** One line of a watch. `ERROR` carries a `Status`. */
export interface WatchEvent<T> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: T;
}

/** How fields are written by server-side apply. */
export interface ApplyOptions extends CallOptions {
  /** Owner of the applied fields; one per writer and purpose. */
  readonly fieldManager: string;
  /** Take fields over from other managers; only for fields that are ours alone. */
  readonly force?: boolean;
  /** Validate and admit, but store nothing. */
  readonly dryRun?: boolean;
}

/** What must hold for a delete, and what becomes of the objects it owns. */
export interface DeleteOptions extends CallOptions {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly propagation?: "Background" | "Foreground" | "Orphan";
  readonly gracePeriodSeconds?: number;
}

/** One operation of RFC 6902. */
export type JsonPatchOperation =
  | { readonly op: "add" | "replace" | "test"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string }
  | { readonly op: "move" | "copy"; readonly from: string; readonly path: string };

/** A bound token, as TokenRequest gives it. */
export interface BoundToken {
  readonly token: string;
  /** Wall-clock time at which it ends, RFC 3339. */
  readonly expirationTimestamp: string;
}

/** The objects of one cluster. Every method throws TributaryError with cluster, verb, resource, reason and remedy. */
export interface ApiClient {
  readonly cluster: string;
  /** The object, or undefined when there is none of that name. A resource that is not served at all is an error. */
  get<T extends KubeObject>(resource: Resource, ref: ObjectRef, options?: CallOptions): Promise<T | undefined>;
  listPage<T extends KubeObject>(resource: Resource, options?: ListOptions<T>): Promise<Page<T>>;
  /** All pages in one array; for small collections. A cache reads large ones page by page. */
  list<T extends KubeObject>(resource: Resource, options?: ListOptions<T>): Promise<T[]>;
  /** Opens a watch and gives its events until the API server ends it, `signal` aborts (both end quietly) or it breaks. */
  watch<T extends KubeObject>(resource: Resource, options: WatchOptions): AsyncGenerator<WatchEvent<T>>;
  /** Fails with reason `AlreadyExists` when the name is taken: see {@link createOrGet}. */
  create<T extends KubeObject>(resource: Resource, object: T, options?: CallOptions & { dryRun?: boolean }): Promise<T>;
  /** Server-side apply: `intent` holds exactly the fields we want, never a whole object that was read. */
  apply<T extends KubeObject>(resource: Resource, intent: KubeObject, options: ApplyOptions): Promise<T>;
  /** Server-side apply of `status` alone. */
  applyStatus<T extends KubeObject>(resource: Resource, intent: KubeObject, options: ApplyOptions): Promise<T>;
  /** RFC 6902 patch; a failed `test` gives reason `Invalid`, an unknown object `NotFound`. */
  patchJson<T extends KubeObject>(
    resource: Resource,
    ref: ObjectRef & { subresource?: string },
    operations: readonly JsonPatchOperation[],
    options?: CallOptions,
  ): Promise<T>;
  /** Replaces the object; `metadata.resourceVersion` makes it fail with `Conflict` when the object changed meanwhile. */
  replace<T extends KubeObject>(resource: Resource, object: T, options?: CallOptions): Promise<T>;
  /** `absent` when there was nothing to delete; a precondition that does not hold gives reason `Conflict`. */
  delete(resource: Resource, ref: ObjectRef, options?: DeleteOptions): Promise<"accepted" | "absent">;
  /** Asks the API server for a token of a service account. */
  createToken(
    serviceAccount: Required<ObjectRef>,
    request: { audiences?: readonly string[]; expirationSeconds: number },
    options?: CallOptions,
  ): Promise<BoundToken>;
  /** GET of any path that answers JSON or text, such as `/version`. */
  getPath(path: string, options?: CallOptions): Promise<unknown>;
}
