import { asTributaryError, type TributaryError } from "@tributary/kit";
import type { ApiClient, Page, Selection, WatchEvent } from "../api/api-client.ts";
import { type ApiStatus, apiReason, isExpired, refusedError } from "../api/api-error.ts";
import type { KubeObject } from "../api/object.ts";
import type { Resource } from "../api/resource.ts";
import { type BackoffBounds, jitteredBackoffMs, reflectorBackoff } from "../backoff.ts";
import { type Clock, pause, type Random } from "../clock.ts";
import { takeTurns } from "../turns.ts";
import type { ObjectCache, Replacement } from "./object-cache.ts";
import { isOlderVersion } from "./resource-version.ts";
import type { Transform } from "./transform.ts";
import { startWatchdog } from "./watchdog.ts";

/** Why a watch ended. */
export const WatchEnd = {
  /** The API server ended it at about the time we asked for. */
  TimedOut: "TimedOut",
  /** The API server ended it early and cleanly: it shuts down, or a proxy cut it. */
  Closed: "Closed",
  /** The connection broke, or the API server refused the watch. */
  Broken: "Broken",
  /** Neither event nor bookmark for longer than the liveness bound: the connection is dead or half open. */
  Silent: "Silent",
  /** The version we held is too old. */
  Expired: "Expired",
  /** We stopped. */
  Stopped: "Stopped",
} as const;
/** One of the values of {@link WatchEnd}. */
export type WatchEnd = (typeof WatchEnd)[keyof typeof WatchEnd];

/** What a reflector tells about itself; for metrics, logs and the loss clock of a member cluster. */
export type ReflectorReport =
  | { readonly type: "listed"; readonly objects: number; readonly durationMs: number }
  | { readonly type: "watchStarted" }
  | { readonly type: "heard" }
  | { readonly type: "watchEnded"; readonly end: WatchEnd }
  | { readonly type: "historyChanged"; readonly seen: string; readonly now: string }
  | { readonly type: "failed"; readonly error: TributaryError; readonly retryInMs: number };

/** The two calls a reflector makes; an {@link ApiClient} has them. */
export type ListWatcher = Pick<ApiClient, "cluster" | "listPage" | "watch">;

/** How the first state is read: as the start of the watch, or as a paged list. */
export type InitialList = "watch" | "pages";

/** What a reflector is made from. */
export interface ReflectorOptions<T extends KubeObject> {
  readonly client: ListWatcher;
  readonly resource: Resource;
  readonly selection?: Selection;
  readonly cache: ObjectCache<T>;
  readonly clock: Clock;
  readonly random: Random;
  /** Applied to each object before it is stored. */
  readonly transform?: Transform<T>;
  /** Told of an object whose transform threw; the object is then stored as it came. */
  readonly onTransformError?: (error: unknown, object: T) => void;
  readonly metadataOnly?: boolean;
  /** `pages` by default; `watch` falls back to it where the API server does not serve it. */
  readonly initialList?: InitialList;
  /** Objects per page of a list; 500 by default. */
  readonly pageSize?: number;
  /** Silence after which a watch counts as dead; bookmarks come about once a minute. 85 s by default, spread by ±5 %. */
  readonly livenessMs?: number;
  /** Range of the time asked for one watch; 300 to 600 s by default. */
  readonly watchSeconds?: { readonly min: number; readonly max: number };
  readonly backoff?: BackoffBounds;
  readonly report?: (report: ReflectorReport) => void;
}

/** Keeps a cache equal to an API server. */
export interface Reflector {
  /** Lists and watches until `signal` aborts. Never rejects: every failure is reported and tried again. */
  run(signal: AbortSignal): Promise<void>;
  /** True once the cache has held a complete state; stays true. */
  hasSynced(): boolean;
  /** Last resource version that the cache reflects. */
  resourceVersion(): string | undefined;
}

const initialEventsEnd = "k8s.io/initial-events-end";

/** A watch that ended within this time counts as a failure: reconnecting at once would be a storm. */
const shortWatchMs = 1_000;

/** Makes a reflector; nothing happens before `run`. */
export function createReflector<T extends KubeObject>(options: ReflectorOptions<T>): Reflector {
  const { client, resource, cache, clock, random } = options;
  const selection = options.selection ?? {};
  const report = options.report ?? (() => {});
  const bounds = options.backoff ?? reflectorBackoff;
  let initialList = options.initialList ?? "pages";
  let pageSize = options.pageSize ?? 500;
  let version: string | undefined;
  let isOtherHistory = false;
  let synced = false;
  let failures = 0;
  let expiriesInARow = 0;

  function prepared(object: T): T {
    try {
      return options.transform ? options.transform(object) : object;
    } catch (error) {
      options.onTransformError?.(error, object);
      return object;
    }
  }

  function commit(replacement: Replacement<T>, newVersion: string, startedMs: number): void {
    replacement.commit();
    version = newVersion;
    isOtherHistory = false;
    synced = true;
    report({ type: "listed", objects: cache.size, durationMs: clock.monotonicMs() - startedMs });
  }

  /** Reads a page; one that is larger than an answer may be is asked for again with fewer objects. */
  async function readPage(continueToken: string | undefined, signal: AbortSignal): Promise<Page<T>> {
    for (;;) {
      try {
        const { metadataOnly } = options;
        return await client.listPage<T>(resource, {
          ...selection,
          limit: pageSize,
          metadataOnly,
          prepare: prepared,
          continueToken,
          signal,
        });
      } catch (error) {
        if (apiReason(error) !== "AnswerTooLarge" || pageSize === 1) throw error;
        pageSize = Math.ceil(pageSize / 4);
      }
    }
  }

  async function listPages(signal: AbortSignal): Promise<void> {
    const startedMs = clock.monotonicMs();
    const replacement = cache.beginReplace(isOtherHistory);
    let continueToken: string | undefined;
    let listed = "";
    do {
      const page = await readPage(continueToken, signal);
      const turn = takeTurns(64);
      for (const item of page.items) {
        replacement.add(item);
        await turn();
      }
      continueToken = page.continueToken;
      listed = page.resourceVersion;
    } while (continueToken !== undefined);
    commit(replacement, listed, startedMs);
  }

  function statusError(event: WatchEvent<unknown>): TributaryError {
    const status = event.object as ApiStatus;
    return refusedError(
      { cluster: client.cluster, verb: "watch", resource, namespace: selection.namespace },
      status.code ?? 500,
      status,
    );
  }

  function openStream(signal: AbortSignal, timeoutSeconds: number) {
    return client.watch<T>(resource, {
      ...selection,
      resourceVersion: version ?? "",
      sendInitialEvents: version === undefined,
      timeoutSeconds,
      metadataOnly: options.metadataOnly,
      signal,
    });
  }

  /** Applies one event; `initial` collects the first state of a watch that began with it. */
  function applyEvent(event: WatchEvent<T>, initial: Replacement<T> | undefined, startedMs: number): boolean {
    const { object } = event;
    switch (event.type) {
      case "ERROR":
        throw statusError(event);
      case "BOOKMARK": {
        const isEnd = initial !== undefined && object.metadata.annotations?.[initialEventsEnd] === "true";
        if (isEnd) commit(initial, object.metadata.resourceVersion ?? "", startedMs);
        else if (initial === undefined) version = object.metadata.resourceVersion;
        return isEnd;
      }
      case "DELETED":
        cache.remove(object);
        break;
      default:
        if (initial) initial.add(prepared(object));
        else cache.upsert(prepared(object));
    }
    if (initial === undefined) version = object.metadata.resourceVersion;
    return false;
  }

  async function readStream(signal: AbortSignal, timeoutSeconds: number, onHeard: () => void): Promise<void> {
    const startedMs = clock.monotonicMs();
    let initial = version === undefined ? cache.beginReplace(isOtherHistory) : undefined;
    const stream = openStream(signal, timeoutSeconds);
    report({ type: "watchStarted" });
    const turn = takeTurns(16);
    for await (const event of stream) {
      if (event.type !== "ERROR") onHeard();
      if (applyEvent(event, initial, startedMs)) initial = undefined;
      await turn();
    }
  }

  async function watchOnce(stop: AbortSignal): Promise<WatchEnd> {
    if (stop.aborted) return WatchEnd.Stopped;
    const startedMs = clock.monotonicMs();
    const { min, max } = options.watchSeconds ?? { min: 300, max: 600 };
    const timeoutSeconds = Math.round(min + random() * (max - min));
    const livenessMs = (options.livenessMs ?? 85_000) * (0.95 + random() * 0.1);
    const ended = new AbortController();
    let isSilent = false;
    const onStop = () => ended.abort();
    stop.addEventListener("abort", onStop, { once: true });
    const watchdog = startWatchdog(clock, livenessMs, () => {
      isSilent = true;
      ended.abort();
    });
    try {
      await readStream(ended.signal, timeoutSeconds, () => {
        watchdog.heard();
        failures = 0;
        expiriesInARow = 0;
        report({ type: "heard" });
      });
    } catch (error) {
      if (!ended.signal.aborted) throw error;
    } finally {
      watchdog.stop();
      stop.removeEventListener("abort", onStop);
    }
    if (stop.aborted) return WatchEnd.Stopped;
    if (isSilent) return WatchEnd.Silent;
    const lastedMs = clock.monotonicMs() - startedMs;
    if (lastedMs >= (timeoutSeconds - 5) * 1000) return WatchEnd.TimedOut;
    if (lastedMs < shortWatchMs) failures++;
    return WatchEnd.Closed;
  }

  /**
   * After a watch ended otherwise than by its own timeout the API server may be another one, restored from a backup. A
   * watch from a version that lies in its future would be silent for ever, so the version is compared first.
   */
  async function checkHistory(signal: AbortSignal): Promise<void> {
    if (version === undefined) return;
    const { resourceVersion: now } = await client.listPage(resource, {
      ...selection,
      limit: 1,
      metadataOnly: true,
      signal,
    });
    if (!isOlderVersion(now, version)) return;
    report({ type: "historyChanged", seen: version, now });
    isOtherHistory = true;
    version = undefined;
  }

  async function watchAndSettle(signal: AbortSignal): Promise<void> {
    let end: WatchEnd = WatchEnd.Broken;
    try {
      end = await watchOnce(signal);
    } catch (error) {
      if (isExpired(error)) end = WatchEnd.Expired;
      else throw error;
    } finally {
      report({ type: "watchEnded", end });
    }
    if (end === WatchEnd.Expired) {
      version = undefined;
      // One expiry is answered at once; an API server that refuses even a fresh version must not be listed in a loop.
      if (expiriesInARow++ > 0) failures++;
    }
    if (end === WatchEnd.Closed || end === WatchEnd.Silent) await checkHistory(signal);
  }

  /** Watch-lists are refused with these reasons where the feature is off. */
  function isUnsupportedWatchList(error: unknown): boolean {
    const reason = apiReason(error);
    return initialList === "watch" && version === undefined && (reason === "Invalid" || reason === "BadRequest");
  }

  async function waitAfterFailure(error: unknown, signal: AbortSignal): Promise<void> {
    const known = asTributaryError(error);
    const retryInMs = Math.max(known.retryAfterMs ?? 0, jitteredBackoffMs(bounds, failures++, random));
    report({ type: "failed", error: known, retryInMs });
    await pause(clock, retryInMs, signal);
  }

  async function run(signal: AbortSignal): Promise<void> {
    let mustCheckHistory = false;
    while (!signal.aborted) {
      try {
        if (mustCheckHistory) await checkHistory(signal);
        mustCheckHistory = false;
        if (version === undefined && initialList === "pages") await listPages(signal);
        await watchAndSettle(signal);
        if (failures > 0 && !signal.aborted)
          await pause(clock, jitteredBackoffMs(bounds, failures - 1, random), signal);
      } catch (error) {
        if (signal.aborted) return;
        if (isUnsupportedWatchList(error)) {
          initialList = "pages";
          continue;
        }
        mustCheckHistory = true;
        if (isExpired(error)) version = undefined;
        await waitAfterFailure(error, signal);
      }
    }
  }

  return { run, hasSynced: () => synced, resourceVersion: () => version };
}
