import { setTimeout as pause } from "node:timers/promises";
import { asTributaryError, type Logger } from "@tributary/kit";
import type { WorkerKind, WorkerStore } from "../kubernetes/api-server.ts";

/** Label of everything that a hub makes in a member. */
const originLabel = "tributary.dev/origin";
/** Jobs first: one that is still there would replace the pods. */
const kinds: readonly WorkerKind[] = ["jobs", "pods"];

/** What {@link removeWorkers} needs. */
export interface RemovalOptions {
  readonly store: WorkerStore;
  /** Job namespaces of the member. */
  readonly namespaces: readonly string[];
  readonly log: Logger;
  /** Between one look and the next, while pods end. */
  readonly pauseMs: number;
}

/** How many objects were asked to go. */
export interface Removed {
  readonly jobs: number;
  readonly pods: number;
}

/**
 * Removes Jobs and pods of every hub until a look finds none, in all namespaces; one that cannot be looked at does not keep the
 * others from being emptied. Throws only when it is told to stop, or when an error is one that no repetition mends.
 */
export async function removeWorkers(options: RemovalOptions, signal: AbortSignal): Promise<Removed> {
  const asked = { jobs: new Set<string>(), pods: new Set<string>() };
  for (;;) {
    signal.throwIfAborted();
    const looks = await Promise.allSettled(
      options.namespaces.map((namespace) => emptyOnce(options, namespace, asked, signal)),
    );
    const failures = looks.filter((look) => look.status === "rejected").map(({ reason }) => asTributaryError(reason));
    for (const error of failures) options.log.warn({ code: error.code }, error.message);
    const left = looks.reduce((sum, look) => sum + (look.status === "fulfilled" ? look.value : 0), 0);
    if (left === 0) {
      const [lasting] = failures.filter(({ disposition }) => disposition === "permanent");
      if (lasting !== undefined) throw lasting;
      if (failures.length === 0) return { jobs: asked.jobs.size, pods: asked.pods.size };
    }
    await pause(options.pauseMs, undefined, { signal });
  }
}

/** One look at a namespace: asks everything found to go, and says how much that was. */
async function emptyOnce(
  { store }: RemovalOptions,
  namespace: string,
  asked: Readonly<Record<WorkerKind, Set<string>>>,
  signal: AbortSignal,
): Promise<number> {
  let found = 0;
  for (const kind of kinds) {
    const objects = await store.listLabelled(kind, namespace, originLabel, signal);
    found += objects.length;
    for (const object of objects) {
      await store.remove(kind, namespace, object, signal);
      asked[kind].add(object.uid);
    }
  }
  return found;
}
