import type { TributaryError } from "@tributary/kit";
import type { Selection } from "../api/api-client.ts";
import type { KubeObject } from "../api/object.ts";
import type { Resource } from "../api/resource.ts";
import { type Clock, type Random, systemClock } from "../clock.ts";
import { type ChangeListener, createObjectCache, type IndexFunction, type ObjectReader } from "./object-cache.ts";
import {
  createReflector,
  type InitialList,
  type ListWatcher,
  type ReflectorOptions,
  type ReflectorReport,
} from "./reflector.ts";
import { stripBookkeeping, type Transform } from "./transform.ts";

/** What an informer watches and how. */
export interface InformerOptions<T extends KubeObject> {
  readonly client: ListWatcher;
  readonly resource: Resource;
  readonly selection?: Selection;
  readonly indices?: Readonly<Record<string, IndexFunction<T>>>;
  /** {@link stripBookkeeping} when left out. */
  readonly transform?: Transform<T>;
  /** Keep only `metadata`; the API server sends nothing else. */
  readonly metadataOnly?: boolean;
  readonly initialList?: InitialList;
  readonly freeze?: boolean;
  /** What a listener, an index or a transform threw: log it and count it. The stream goes on. */
  readonly onError: (error: unknown, key: string) => void;
  readonly report?: (report: ReflectorReport) => void;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Times of the watch; the reflector's defaults suit an operator. */
  readonly tuning?: Pick<ReflectorOptions<T>, "livenessMs" | "watchSeconds" | "backoff" | "pageSize">;
}

/** A cache that follows an API server: read it, listen to it, wait until it is complete. */
export interface Informer<T extends KubeObject> {
  readonly cluster: string;
  readonly resource: Resource;
  readonly objects: ObjectReader<T>;
  /** Adds a listener; it gets the present objects as `added` first. Returns the function that removes it. */
  listen(listener: ChangeListener<T>): () => void;
  /** Follows the API server until `signal` aborts. Call once. */
  run(signal: AbortSignal): Promise<void>;
  hasSynced(): boolean;
  /** Resolves with true once the cache is complete, with false when `signal` aborts before. */
  whenSynced(signal: AbortSignal): Promise<boolean>;
  /** Why the last try to list or watch failed; undefined once one succeeded. */
  lastFailure(): TributaryError | undefined;
  /** Version of the API server's state that the cache reflects. */
  resourceVersion(): string | undefined;
}

/** Makes an informer; nothing is sent before `run`. */
export function createInformer<T extends KubeObject>(options: InformerOptions<T>): Informer<T> {
  const { client, resource, onError, report } = options;
  const cache = createObjectCache<T>({
    onError,
    ...(options.indices ? { indices: options.indices } : {}),
    ...(options.freeze === undefined ? {} : { freeze: options.freeze }),
  });
  const waiting = new Set<() => void>();
  let lastFailure: TributaryError | undefined;

  const reflector = createReflector<T>({
    client,
    resource,
    cache,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    transform: options.transform ?? stripBookkeeping,
    onTransformError: (error, object) => onError(error, object.metadata.name),
    report(event) {
      if (event.type === "listed") for (const resolve of waiting) resolve();
      if (event.type === "failed") lastFailure = event.error;
      if (event.type === "listed" || event.type === "heard") lastFailure = undefined;
      report?.(event);
    },
    ...(options.selection ? { selection: options.selection } : {}),
    ...(options.metadataOnly === undefined ? {} : { metadataOnly: options.metadataOnly }),
    ...(options.initialList === undefined ? {} : { initialList: options.initialList }),
    ...options.tuning,
  });

  return {
    cluster: client.cluster,
    resource,
    objects: cache,
    listen: (listener) => cache.listen(listener),
    run: (signal) => reflector.run(signal),
    hasSynced: () => reflector.hasSynced(),
    resourceVersion: () => reflector.resourceVersion(),
    lastFailure: () => lastFailure,
    whenSynced(signal) {
      if (reflector.hasSynced()) return Promise.resolve(true);
      if (signal.aborted) return Promise.resolve(false);
      return new Promise((resolve) => {
        const settle = (isSynced: boolean) => {
          waiting.delete(onSynced);
          signal.removeEventListener("abort", onAbort);
          resolve(isSynced);
        };
        const onSynced = () => settle(true);
        const onAbort = () => settle(false);
        waiting.add(onSynced);
        signal.addEventListener("abort", onAbort, { once: true });
      });
    },
  };
}
