import { apiVersionOf } from "@tributary/contracts";
import type {
  ApiClient,
  ApplyOptions,
  BoundToken,
  CallOptions,
  DeleteOptions,
  JsonPatchOperation,
  ListOptions,
  Page,
  Selection,
  WatchEvent,
  WatchOptions,
} from "./api-client-types.ts";
import { isAlreadyExists, isNotFound, isResourceMissing } from "./api-error.ts";
import type { ApiCall, Connection } from "./connection.ts";
import { withoutFieldSets } from "./field-sets.ts";
import { readLines } from "./json-lines.ts";
import { type ListBody, readList } from "./json-list.ts";
import type { KubeObject, ObjectRef, Unstructured } from "./object.ts";
import { type Resource, resourcePath } from "./resource.ts";

export type {
  ApiClient,
  ApplyOptions,
  BoundToken,
  CallOptions,
  DeleteOptions,
  JsonPatchOperation,
  ListOptions,
  Page,
  Selection,
  WatchEvent,
  WatchOptions,
} from "./api-client-types.ts";

const metadataAccept = {
  one: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json",
  list: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json",
} as const;

const rootPath: Resource = { group: "", version: "v1", plural: "nonResourceURL", kind: "", namespaced: false };

function targetOf(resource: Resource, object: KubeObject): ObjectRef {
  return { name: object.metadata.name, namespace: resource.namespaced ? object.metadata.namespace : undefined };
}

function selectionQuery(selection: Selection): Record<string, string | undefined> {
  return { labelSelector: selection.labelSelector, fieldSelector: selection.fieldSelector };
}

/** Speaks the Kubernetes API over a connection. Bodies are plain JSON in both directions. */
export function createApiClient(connection: Connection): ApiClient {
  const { cluster } = connection;

  function call(
    resource: Resource,
    verb: string,
    target: { namespace?: string | undefined; name?: string | undefined; subresource?: string | undefined },
    request: Omit<ApiCall, "context" | "path">,
  ): ApiCall {
    return {
      ...request,
      context: { cluster, verb, resource, namespace: target.namespace, name: target.name },
      path: resourcePath(resource, target),
    };
  }

  function withType(resource: Resource, object: KubeObject): KubeObject {
    return { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind };
  }

  function applyTo<T>(resource: Resource, intent: KubeObject, options: ApplyOptions, subresource?: string): Promise<T> {
    const { fieldManager, force, dryRun, ...rest } = options;
    return connection.send(
      call(
        resource,
        "patch",
        { ...targetOf(resource, intent), subresource },
        {
          ...rest,
          method: "PATCH",
          query: { fieldManager, force: String(force ?? false), dryRun: dryRun ? "All" : undefined },
          body: withType(resource, intent),
          contentType: "application/apply-patch+yaml",
          isIdempotent: true,
        },
      ),
    ) as Promise<T>;
  }

  async function listPage<T extends KubeObject>(resource: Resource, options: ListOptions<T> = {}): Promise<Page<T>> {
    const { namespace, limit, continueToken, resourceVersion, metadataOnly, signal, deadlineMs } = options;
    const keep = options.prepare ?? ((object: T) => object);
    const prepare = metadataOnly ? (object: T) => keep(withoutFieldSets(object)) : keep;
    const body = (await connection.send(
      call(
        resource,
        "list",
        { namespace },
        {
          method: "GET",
          query: {
            ...selectionQuery(options),
            limit: String(limit ?? 500),
            continue: continueToken,
            resourceVersion,
          },
          ...(metadataOnly ? { accept: metadataAccept.list } : {}),
          isIdempotent: true,
          signal,
          deadlineMs,
          read: (source: AsyncIterable<Buffer>) => readList(source, prepare),
        },
      ),
    )) as ListBody<T> | undefined;
    const next = body?.metadata?.continue;
    return {
      items: body?.items ?? [],
      resourceVersion: body?.metadata?.resourceVersion ?? "",
      ...(next ? { continueToken: next } : {}),
    };
  }

  return {
    cluster,
    listPage,
    async get<T extends KubeObject>(resource: Resource, ref: ObjectRef, options: CallOptions = {}) {
      try {
        return (await connection.send(
          call(resource, "get", ref, { ...options, method: "GET", isIdempotent: true }),
        )) as T;
      } catch (error) {
        if (isNotFound(error) && !isResourceMissing(error)) return undefined;
        throw error;
      }
    },
    async list<T extends KubeObject>(resource: Resource, options: ListOptions<T> = {}) {
      const all: T[] = [];
      let continueToken: string | undefined;
      do {
        const page = await listPage<T>(resource, { ...options, continueToken });
        for (const item of page.items) all.push(item);
        continueToken = page.continueToken;
      } while (continueToken !== undefined);
      return all;
    },
    async *watch<T extends KubeObject>(resource: Resource, options: WatchOptions): AsyncGenerator<WatchEvent<T>> {
      const { signal } = options;
      const watching = call(
        resource,
        "watch",
        { namespace: options.namespace },
        {
          method: "GET",
          query: {
            ...selectionQuery(options),
            watch: "true",
            allowWatchBookmarks: "true",
            resourceVersion: options.sendInitialEvents ? undefined : options.resourceVersion,
            timeoutSeconds: String(options.timeoutSeconds),
            ...(options.sendInitialEvents ? { sendInitialEvents: "true", resourceVersionMatch: "NotOlderThan" } : {}),
          },
          ...(options.metadataOnly ? { accept: metadataAccept.one } : {}),
          isIdempotent: true,
          signal,
          deadlineMs: options.deadlineMs,
        },
      );
      const body = await connection.open(watching);
      const stop = () => body.destroy();
      signal.addEventListener("abort", stop, { once: true });
      try {
        if (signal.aborted) return;
        for await (const line of readLines(body)) yield JSON.parse(line) as WatchEvent<T>;
      } catch (error) {
        if (!signal.aborted) throw connection.failureOf(watching.context, error);
      } finally {
        signal.removeEventListener("abort", stop);
        body.destroy();
      }
    },
    create<T extends KubeObject>(resource: Resource, object: T, options: CallOptions & { dryRun?: boolean } = {}) {
      const { dryRun, ...rest } = options;
      const { namespace } = targetOf(resource, object);
      return connection.send({
        ...call(
          resource,
          "create",
          { namespace },
          {
            ...rest,
            method: "POST",
            query: { dryRun: dryRun ? "All" : undefined },
            body: withType(resource, object),
            isIdempotent: false,
          },
        ),
        context: { cluster, verb: "create", resource, namespace, name: object.metadata.name },
      }) as Promise<T>;
    },
    apply: (resource, intent, options) => applyTo(resource, intent, options),
    applyStatus: (resource, intent, options) => applyTo(resource, intent, options, "status"),
    patchJson<T extends KubeObject>(
      resource: Resource,
      ref: ObjectRef & { subresource?: string },
      operations: readonly JsonPatchOperation[],
      options: CallOptions = {},
    ) {
      return connection.send(
        call(resource, "patch", ref, {
          ...options,
          method: "PATCH",
          body: operations,
          contentType: "application/json-patch+json",
          isIdempotent: false,
        }),
      ) as Promise<T>;
    },
    replace<T extends KubeObject>(resource: Resource, object: T, options: CallOptions = {}) {
      return connection.send(
        call(resource, "update", targetOf(resource, object), {
          ...options,
          method: "PUT",
          body: withType(resource, object),
          isIdempotent: object.metadata.resourceVersion === undefined,
        }),
      ) as Promise<T>;
    },
    async delete(resource, ref, options: DeleteOptions = {}) {
      const { uid, resourceVersion, propagation, gracePeriodSeconds, ...rest } = options;
      const hasPreconditions = uid !== undefined || resourceVersion !== undefined;
      try {
        await connection.send(
          call(resource, "delete", ref, {
            ...rest,
            method: "DELETE",
            body: {
              apiVersion: "v1",
              kind: "DeleteOptions",
              propagationPolicy: propagation ?? "Background",
              gracePeriodSeconds,
              ...(hasPreconditions ? { preconditions: { uid, resourceVersion } } : {}),
            },
            isIdempotent: true,
          }),
        );
        return "accepted";
      } catch (error) {
        if (isNotFound(error) && !isResourceMissing(error)) return "absent";
        throw error;
      }
    },
    async createToken(serviceAccount, request, options = {}) {
      const resource = {
        group: "",
        version: "v1",
        plural: "serviceaccounts",
        kind: "ServiceAccount",
        namespaced: true,
      };
      const answer = (await connection.send(
        call(
          resource,
          "create",
          { ...serviceAccount, subresource: "token" },
          {
            ...options,
            method: "POST",
            body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: request },
            isIdempotent: true,
          },
        ),
      )) as { status: BoundToken };
      return answer.status;
    },
    getPath: (path, options = {}) =>
      connection.send({
        ...options,
        context: { cluster, verb: "get", resource: rootPath, name: path },
        method: "GET",
        path,
        isIdempotent: true,
      }),
  };
}

/**
 * Creates an object with a deterministic name, or gives the one that is there: a lost answer to an earlier create and
 * a second try look the same. The caller checks whether the existing one is its own.
 */
export async function createOrGet<T extends KubeObject>(
  client: ApiClient,
  resource: Resource,
  object: T,
  options: CallOptions = {},
): Promise<{ readonly object: T; readonly created: boolean }> {
  try {
    return { object: await client.create(resource, object, options), created: true };
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const existing = await client.get<T>(resource, targetOf(resource, object), options);
    if (existing === undefined) throw error;
    return { object: existing, created: false };
  }
}

/** An object with only its identity: the start of an apply intent. */
export function intentFor(ref: ObjectRef, fields: Record<string, unknown> = {}): Unstructured {
  return {
    ...fields,
    metadata: { name: ref.name, ...(ref.namespace === undefined ? {} : { namespace: ref.namespace }) },
  };
}
