import { isDeepStrictEqual } from "node:util";
import { type FederatedTrainingJob, Label } from "@tributary/contracts";
import { type KubeObject, objectKey } from "../../runtime/api/object.ts";
import type { CacheChange, ObjectReader } from "../../runtime/cache/object-cache.ts";
import type { Clock } from "../../runtime/clock.ts";
import { createExpectations, type Expectations } from "../../runtime/control/expectations.ts";
import { createWorkQueue, Priority, type WorkQueue, type WorkQueueOptions } from "../../runtime/queue/work-queue.ts";
import type { MemberChange } from "../member-cluster/member-directory.ts";
import { parseSeatKey, placeKey, printSeatKey } from "./seat-key.ts";
import { createSeatReports, type SeatReports } from "./seat-reports.ts";

type Job = FederatedTrainingJob & KubeObject;

/** What a desk is made from. */
export interface SeatDeskOptions {
  readonly clock: Clock;
  readonly jobs: Pick<ObjectReader<Job>, "get" | "list">;
  readonly report?: WorkQueueOptions["report"];
  /** Told of the key of each job of which something new was said. */
  readonly onReport: (jobKey: string) => void;
}

/** Where changes become keys of the seats' controller, and its outcomes become keys of the jobs' controller. */
export interface SeatDesk {
  readonly queue: WorkQueue;
  readonly reports: SeatReports;
  readonly expectations: Expectations;
  /** A job changed: its seats are looked at where its record or its spec did. */
  readonly noteJob: (change: CacheChange<Job>) => void;
  /** A MemberCluster came, went, or was edited. */
  readonly noteMember: (change: CacheChange<KubeObject>) => void;
  /** An object of ours changed in a member. */
  readonly noteChange: (change: MemberChange) => void;
  /** A member answers again, or no more. */
  readonly enqueueCluster: (cluster: string) => void;
  /** What seats of a job are made from changed, and no object that is followed shows it. */
  readonly enqueueJob: (jobKey: string) => void;
  /** An object on the hub changed that seats are made from. */
  readonly enqueueOwner: (object: KubeObject) => void;
}

/** Looks at seats that one member may have under way: what hangs there takes no more of the controller. */
const looksPerMember = 2;
/** Time over which changes in a member are gathered into one look, in milliseconds. */
const gatherMs = 200;
/** Time after which a cache that does not show a batch Job is no longer waited for, in milliseconds. */
const expectMs = 30_000;

/** Makes the desk of one operator. */
export function createSeatDesk(options: SeatDeskOptions): SeatDesk {
  const { clock, jobs } = options;
  const find = (uid: string): Job | undefined => jobs.list().find(({ metadata }) => metadata.uid === uid);
  const queue = createWorkQueue({
    clock,
    groupOf: (key) => parseSeatKey(key).cluster,
    maxWorkingPerGroup: looksPerMember,
    refill: () => jobs.list().flatMap(keysOf),
    ...(options.report === undefined ? {} : { report: options.report }),
  });
  const expectations = createExpectations(clock, expectMs);
  const reports = createSeatReports((uid) => {
    const job = find(uid);
    if (job !== undefined) options.onReport(objectKey(job.metadata));
  });
  function enqueueCluster(cluster: string): void {
    for (const key of jobs.list().flatMap(keysOf))
      if (parseSeatKey(key).cluster === cluster) queue.add(key, Priority.Change);
  }

  function enqueueJob(jobKey: string): void {
    const job = jobs.get(jobKey);
    for (const key of job === undefined ? [] : keysOf(job)) queue.add(key, Priority.Change);
  }

  /** The job that an object names, and the one that has its uid: somebody may have changed its labels. */
  function ownersOf(object: KubeObject): ReadonlySet<string> {
    const uid = object.metadata.labels?.[Label.JobUid];
    const named = ownerOf(object);
    const isNamed = named !== undefined && (uid === undefined || jobs.get(named)?.metadata.uid === uid);
    const found = isNamed || uid === undefined ? undefined : find(uid);
    return new Set([named, found && objectKey(found.metadata)].filter((key) => key !== undefined));
  }

  return {
    queue,
    reports,
    expectations,
    noteJob(change) {
      if (change.type === "removed") return reports.forget(change.object.metadata.uid ?? "");
      const previous = change.type === "updated" ? change.previous : undefined;
      if (previous !== undefined && isDeepStrictEqual(factsOf(previous), factsOf(change.object))) return;
      const keys = [...(previous === undefined ? [] : keysOf(previous)), ...keysOf(change.object)];
      for (const key of new Set(keys)) queue.add(key, Priority.User);
    },
    noteChange({ cluster, kind, object }) {
      if (kind !== "configMaps" && kind !== "jobs") return;
      const { labels = {}, namespace = "", name } = object.metadata;
      const [jobUid, participant] = [labels[Label.JobUid], labels[Label.Participant]];
      if (kind === "jobs" && jobUid !== undefined && participant !== undefined)
        expectations.sawCreated(placeKey({ cluster, namespace, jobUid, participant }), name);
      for (const job of ownersOf(object)) queue.addAfter(printSeatKey({ cluster, job }), gatherMs);
    },
    noteMember(change) {
      const isEdit = change.type === "updated" && generationOf(change.previous) !== generationOf(change.object);
      if (change.type !== "updated" || isEdit) enqueueCluster(change.key);
    },
    enqueueCluster,
    enqueueJob,
    enqueueOwner: (object) => enqueueJob(ownerOf(object) ?? ""),
  };
}

function generationOf({ metadata }: KubeObject): number | undefined {
  return metadata.generation;
}

/** What looks at seats depend on of a job. */
function factsOf({ metadata, status }: Job): unknown[] {
  return [metadata.generation, metadata.deletionTimestamp, status?.placements, status?.unsearchedClusters];
}

/** Keys of the member clusters in which a job has or may have something. */
function keysOf(job: Job): string[] {
  const { placements = [], unsearchedClusters = [] } = job.status ?? {};
  const clusters = new Set([...placements.map(({ cluster }) => cluster), ...unsearchedClusters]);
  return [...clusters].map((cluster) => printSeatKey({ cluster, job: objectKey(job.metadata) }));
}

function ownerOf({ metadata }: KubeObject): string | undefined {
  const name = metadata.labels?.[Label.JobName];
  const namespace = metadata.labels?.[Label.JobNamespace] ?? metadata.namespace;
  return name === undefined || namespace === undefined ? undefined : objectKey({ namespace, name });
}
