import { createHash } from "node:crypto";
import { apiVersionOf, Kinds } from "@tributary/contracts";
import { asTributaryError, type TributaryError } from "@tributary/kit";
import type { ApiClient } from "../api/api-client.ts";
import type { KubeObject } from "../api/object.ts";
import type { Resource } from "../api/resource.ts";
import type { Clock } from "../clock.ts";
import { microTime } from "../leader/lease-record.ts";

/** Something that happened to an object, worth a line in `kubectl describe`. */
export interface EventNote {
  readonly resource: Resource;
  readonly regarding: KubeObject;
  readonly type: "Normal" | "Warning";
  /** Stable word, the reason of a condition. */
  readonly reason: string;
  /** What was done or tried, a word. */
  readonly action: string;
  /** One sentence; cut at 1,024 characters. */
  readonly note: string;
  /** Another object that has a part in it. */
  readonly related?: { readonly resource: Resource; readonly object: KubeObject };
}

/** What a recorder is made from. */
export interface EventRecorderOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  /** `reportingController`, a domain-prefixed name. */
  readonly controller: string;
  /** `reportingInstance`, the pod's name. */
  readonly instance: string;
  /** Events are never worth a failed reconcile: what goes wrong is told here. */
  readonly onError: (error: TributaryError) => void;
  /** Events of one object and reason that may come at once; 25 by default. */
  readonly burst?: number;
  /** Time after which an object may have one more of a reason; 300 s by default. */
  readonly refillMs?: number;
  /** Events that may wait to be written; 1,000 by default. */
  readonly maxWaiting?: number;
}

/** Writes `events.k8s.io/v1` events, one object a series. */
export interface EventRecorder {
  /** Notes an event; returns at once. The same event again within the series only raises its count. */
  record(note: EventNote): void;
  /** Resolves once everything noted so far is written or failed. */
  flush(): Promise<void>;
}

interface Series {
  readonly name: string;
  readonly namespace: string;
  count: number;
  lastAtMs: number;
  /** Count as the API server knows it. */
  writtenCount: number;
  isWriting: boolean;
}

/** A series ends when its event has not come for this long, as in client-go. */
const seriesEndsAfterMs = 6 * 60_000;
const maxSeries = 4_096;
const maxNoteLength = 1_024;

function referenceTo(resource: Resource, object: KubeObject) {
  const { name, namespace, uid, resourceVersion } = object.metadata;
  return { apiVersion: apiVersionOf(resource), kind: resource.kind, name, namespace, uid, resourceVersion };
}

function seriesKey({ regarding, type, reason, action, note, related }: EventNote): string {
  const { uid } = regarding.metadata;
  return JSON.stringify([uid, type, reason, action, note, related?.object.metadata.uid]);
}

/** Makes a recorder. Writes happen one after the other, apart from the reconcile that noted them. */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { client, clock } = options;
  const burst = options.burst ?? 25;
  const refillMs = options.refillMs ?? 300_000;
  /** In the order of last use, so that the first entry is the one to forget. */
  const series = new Map<string, Series>();
  const budgets = new Map<string, { tokens: number; filledAtMs: number }>();
  let waiting = 0;
  let writes: Promise<void> = Promise.resolve();

  /** By reason as well, so that what happens in every round never keeps the end of a job from being told. */
  function spend({ regarding, reason }: EventNote): boolean {
    const key = `${regarding.metadata.uid ?? regarding.metadata.name} ${reason}`;
    const nowMs = clock.monotonicMs();
    const budget = budgets.get(key) ?? { tokens: burst, filledAtMs: nowMs };
    budget.tokens = Math.min(burst, budget.tokens + (nowMs - budget.filledAtMs) / refillMs);
    budget.filledAtMs = nowMs;
    budgets.delete(key);
    budgets.set(key, budget);
    forgetOldest(budgets);
    if (budget.tokens < 1) return false;
    budget.tokens -= 1;
    return true;
  }

  function forgetOldest(map: Map<string, unknown>): void {
    const oldest = map.keys().next().value;
    if (map.size > maxSeries && oldest !== undefined) map.delete(oldest);
  }

  function enqueue(write: () => Promise<unknown>): void {
    if (waiting >= (options.maxWaiting ?? 1_000)) return;
    waiting++;
    writes = writes
      .then(write)
      .catch((error: unknown) => options.onError(asTributaryError(error)))
      .then(() => void waiting--);
  }

  function create(note: EventNote, present: Series): Promise<unknown> {
    present.writtenCount = 1;
    const event = {
      metadata: { name: present.name, namespace: present.namespace },
      eventTime: microTime(clock.nowMs()),
      reportingController: options.controller,
      reportingInstance: options.instance.slice(0, 128),
      type: note.type,
      reason: note.reason,
      action: note.action,
      note: note.note.slice(0, maxNoteLength),
      regarding: referenceTo(note.resource, note.regarding),
      ...(note.related ? { related: referenceTo(note.related.resource, note.related.object) } : {}),
    };
    return client.create(Kinds.Event, event as KubeObject);
  }

  async function raise(present: Series): Promise<void> {
    present.isWriting = false;
    if (present.count === present.writtenCount) return;
    const value = { count: present.count, lastObservedTime: microTime(clock.nowMs()) };
    await client.patchJson(Kinds.Event, present, [{ op: "add", path: "/series", value }]);
    present.writtenCount = value.count;
  }

  function open(note: EventNote, key: string): void {
    const { name, namespace } = note.regarding.metadata;
    if (!spend(note)) return;
    const suffix = createHash("sha256").update(`${key}${clock.nowMs()}${clock.monotonicMs()}`).digest("hex");
    const fresh: Series = {
      name: `${name.slice(0, 230)}.${suffix.slice(0, 16)}`,
      namespace: namespace ?? "default",
      count: 1,
      lastAtMs: clock.monotonicMs(),
      writtenCount: 0,
      isWriting: false,
    };
    series.set(key, fresh);
    forgetOldest(series);
    enqueue(() => create(note, fresh));
  }

  return {
    record(note) {
      const key = seriesKey(note);
      const present = series.get(key);
      series.delete(key);
      if (!present || clock.monotonicMs() - present.lastAtMs > seriesEndsAfterMs) {
        open(note, key);
        return;
      }
      series.set(key, present);
      present.count++;
      present.lastAtMs = clock.monotonicMs();
      // One write for all repetitions that come while it waits.
      if (present.isWriting || !spend(note)) return;
      present.isWriting = true;
      enqueue(() => raise(present));
    },
    flush: () => writes,
  };
}
