import { setTimeout as pause } from "node:timers/promises";
import { asTributaryError, inParallel, type Logger, type TributaryError } from "@tributary/kit";
import type { NamedObject, WorkerKind, WorkerStore } from "../kubernetes/api-server.ts";

/** Label of everything that a hub makes in a member. */
const originLabel = "tributary.dev/origin";
/** Removals that are under way at once in a namespace. */
const parallelRemovals = 16;

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

/** What one look at the namespaces came to. */
interface Look {
  found: number;
  /** Of those found, how many no repetition removes. */
  hopeless: number;
  readonly failures: TributaryError[];
}

type Asked = Readonly<Record<WorkerKind, Set<string>>>;

/**
 * Removes Jobs and pods of every hub until a look finds none, in all namespaces. What runs goes first, and neither a namespace that
 * cannot be looked at nor an object that cannot be removed keeps the others from going. Throws only when it is told to stop, or when
 * all that is left fails with errors that no repetition mends.
 */
export async function removeWorkers(options: RemovalOptions, signal: AbortSignal): Promise<Removed> {
  const asked: Asked = { jobs: new Set(), pods: new Set() };
  for (;;) {
    signal.throwIfAborted();
    const look: Look = { found: 0, hopeless: 0, failures: [] };
    await Promise.all(options.namespaces.map((namespace) => emptyOnce({ options, namespace, asked, look, signal })));
    tellFailures(options.log, look.failures);
    if (look.found === look.hopeless) {
      const lasting = look.failures.find(({ disposition }) => disposition === "permanent");
      if (lasting !== undefined) throw lasting;
      if (look.failures.length === 0) return { jobs: asked.jobs.size, pods: asked.pods.size };
    }
    await pause(options.pauseMs, undefined, { signal });
  }
}

interface NamespaceLook {
  readonly options: RemovalOptions;
  readonly namespace: string;
  readonly asked: Asked;
  readonly look: Look;
  readonly signal: AbortSignal;
}

/** Asks everything of one namespace to go: Jobs that have pods, these pods, then the Jobs that have none, of which there may be many. */
async function emptyOnce(here: NamespaceLook): Promise<void> {
  const { options, namespace, look, signal } = here;
  const { store } = options;
  const running = new Set<string>();
  const attempt = async (empty: () => Promise<void>): Promise<void> => {
    try {
      await empty();
    } catch (error) {
      signal.throwIfAborted();
      look.failures.push(asTributaryError(error));
    }
  };
  await attempt(async () => {
    for await (const pods of store.listLabelled("pods", namespace, originLabel, signal)) {
      const batchJobs = pods.flatMap(({ batchJob }) => batchJob ?? []).filter(({ uid }) => !running.has(uid));
      const unique = [...new Map(batchJobs.map((batchJob) => [batchJob.uid, batchJob])).values()];
      for (const { uid } of unique) running.add(uid);
      // First: a Job that is still there would replace its pods.
      await removeAll(here, "jobs", unique);
      await removeAll(here, "pods", pods);
    }
  });
  await attempt(async () => {
    for await (const batchJobs of store.listLabelled("jobs", namespace, originLabel, signal)) {
      await removeAll(
        here,
        "jobs",
        batchJobs.filter(({ uid }) => !running.has(uid)),
      );
    }
  });
}

async function removeAll(here: NamespaceLook, kind: WorkerKind, objects: readonly NamedObject[]): Promise<void> {
  const { options, namespace, asked, look, signal } = here;
  look.found += objects.length;
  await inParallel(objects, parallelRemovals, async (object) => {
    try {
      await options.store.remove(kind, namespace, object, signal);
      asked[kind].add(object.uid);
    } catch (error) {
      signal.throwIfAborted();
      const failure = asTributaryError(error);
      look.failures.push(failure);
      if (failure.disposition === "permanent") look.hopeless += 1;
    }
  });
}

/** One line for each code: there may be as many failures as objects. */
function tellFailures(log: Logger, failures: readonly TributaryError[]): void {
  for (const [code, alike] of Map.groupBy(failures, (failure) => failure.code)) {
    log.warn({ code, failures: alike.length }, alike[0]!.message);
  }
}
