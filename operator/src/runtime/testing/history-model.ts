import { Kinds } from "@tributary/contracts";
import type { ListOptions, Page, WatchEvent, WatchOptions } from "../api/api-client.ts";
import { refusedError } from "../api/api-error.ts";
import type { KubeObject } from "../api/object.ts";
import type { ListWatcher } from "../cache/reflector.ts";

interface Entry {
  readonly version: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: KubeObject;
}

/** Faults that the model can be told to show. */
export type Fault = "cutStream" | "expireInStream" | "closeStream" | "refuseNextList" | "refuseNextWatch" | "silence";

/**
 * A model of one collection as the API describes it: versions, pages, watches from a version, compaction. It knows
 * nothing of HTTP; it lets a property test put changes and faults in any order, which no real API server can.
 */
export interface HistoryModel extends ListWatcher {
  put(name: string): void;
  remove(name: string): void;
  /** Deletes and creates again under the same name, with another uid. */
  recreate(name: string): void;
  /** Forgets old versions: a watch from before this moment is too old. */
  compact(): void;
  bookmark(): void;
  fault(fault: Fault): void;
  /** Ends every fault that lasts. */
  heal(): void;
  objects(): KubeObject[];
}

const context = { cluster: "model", verb: "watch", resource: Kinds.ConfigMap };
const expired = { kind: "Status", reason: "Expired", code: 410, message: "too old resource version" };

type Stream = { push(event: WatchEvent<KubeObject>): void; end(error?: Error): void };

function createStream(signal: AbortSignal): { stream: Stream; events: AsyncGenerator<WatchEvent<KubeObject>> } {
  const buffered: WatchEvent<KubeObject>[] = [];
  let ended = false;
  let failure: Error | undefined;
  let wake = () => {};
  const stream: Stream = {
    push(event) {
      if (ended) return;
      buffered.push(event);
      wake();
    },
    end(error) {
      ended = true;
      failure = error;
      wake();
    },
  };
  signal.addEventListener("abort", () => stream.end(), { once: true });
  async function* read() {
    for (;;) {
      const event = buffered.shift();
      if (event !== undefined) yield event;
      else if (failure) throw failure;
      else if (ended) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  return { stream, events: read() };
}

/** Makes an empty collection at version 1. */
export function createHistoryModel(): HistoryModel {
  const objects = new Map<string, KubeObject>();
  const history: Entry[] = [];
  const streams = new Set<Stream>();
  let version = 1;
  let oldest = 1;
  let uids = 0;
  let isSilent = false;
  let refusedLists = 0;
  let refusedWatches = 0;
  /** What a silent line holds back: TCP delivers it in order once the line is whole, or the stream is dead by then. */
  const withheld: { readonly stream: Stream; readonly event: WatchEvent<KubeObject> }[] = [];

  function send(stream: Stream, event: WatchEvent<KubeObject>): void {
    if (isSilent) withheld.push({ stream, event });
    else stream.push(event);
  }

  function record(type: Entry["type"], name: string, uid: string): void {
    version++;
    const object: KubeObject = { metadata: { name, namespace: "n", uid, resourceVersion: String(version) } };
    if (type === "DELETED") objects.delete(name);
    else objects.set(name, object);
    history.push({ version, type, object });
    for (const stream of streams) send(stream, { type, object: structuredClone(object) });
  }

  function remove(name: string): void {
    const present = objects.get(name);
    if (present) record("DELETED", name, present.metadata.uid as string);
  }

  function put(name: string): void {
    const present = objects.get(name);
    if (present) record("MODIFIED", name, present.metadata.uid as string);
    else record("ADDED", name, `uid-${++uids}`);
  }

  function endStreams(error?: Error): void {
    for (const stream of streams) stream.end(error);
    streams.clear();
  }

  return {
    cluster: "model",
    put,
    remove,
    recreate(name) {
      remove(name);
      put(name);
    },
    compact() {
      oldest = version;
    },
    bookmark() {
      const object: KubeObject = { metadata: { name: "", resourceVersion: String(version) } };
      for (const stream of streams) send(stream, { type: "BOOKMARK", object });
    },
    fault(fault) {
      if (fault === "cutStream") endStreams(new Error("socket hang up"));
      if (fault === "closeStream") endStreams();
      if (fault === "refuseNextList") refusedLists++;
      if (fault === "refuseNextWatch") refusedWatches++;
      if (fault === "silence") isSilent = true;
      if (fault === "expireInStream") {
        for (const stream of streams) send(stream, { type: "ERROR", object: expired as unknown as KubeObject });
        endStreams();
      }
    },
    heal() {
      isSilent = false;
      for (const { stream, event } of withheld.splice(0)) stream.push(event);
      refusedLists = 0;
      refusedWatches = 0;
    },
    objects: () => [...objects.values()],
    async listPage<T extends KubeObject>(_resource: unknown, options: ListOptions<T> = {}) {
      if (refusedLists > 0) {
        refusedLists--;
        throw refusedError({ ...context, verb: "list" }, 500, {});
      }
      // A continued list shows the state of its first page, as etcd does.
      const [snapshotVersion, startText] = (options.continueToken ?? `${version}:0`).split(":");
      if (Number(snapshotVersion) < oldest) throw refusedError({ ...context, verb: "list" }, 410, expired);
      const state = stateAt(Number(snapshotVersion));
      const start = Number(startText);
      const end = start + (options.limit ?? 500);
      const page: Page<T> = {
        items: (structuredClone(state.slice(start, end)) as T[]).map(options.prepare ?? ((object) => object)),
        resourceVersion: snapshotVersion as string,
        ...(end < state.length ? { continueToken: `${snapshotVersion}:${end}` } : {}),
      };
      return page;
    },
    async *watch<T extends KubeObject>(_resource: unknown, options: WatchOptions): AsyncGenerator<WatchEvent<T>> {
      if (refusedWatches > 0) {
        refusedWatches--;
        throw refusedError(context, 429, { reason: "TooManyRequests", details: { retryAfterSeconds: 2 } }, 2_000);
      }
      const from = Number(options.resourceVersion);
      if (from < oldest) throw refusedError(context, 410, expired);
      const { stream, events } = createStream(options.signal);
      for (const { version: at, type, object } of history) {
        if (at > from) send(stream, { type, object: structuredClone(object) });
      }
      streams.add(stream);
      try {
        yield* events as AsyncGenerator<WatchEvent<T>>;
      } finally {
        streams.delete(stream);
      }
    },
  };

  function stateAt(at: number): KubeObject[] {
    const state = new Map<string, KubeObject>();
    for (const { version: changedAt, type, object } of history) {
      if (changedAt > at) break;
      if (type === "DELETED") state.delete(object.metadata.name);
      else state.set(object.metadata.name, object);
    }
    return [...state.values()];
  }
}
