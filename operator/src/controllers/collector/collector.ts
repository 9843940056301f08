import { Kinds, Reason } from "@tributary/contracts";
import { asTributaryError, inParallel, type Logger } from "@tributary/kit";
import type { ApiClient } from "../../runtime/api/api-client.ts";
import type { KubeObject } from "../../runtime/api/object.ts";
import { resourceName } from "../../runtime/api/resource.ts";
import type { ReconcileContext, ReconcileResult } from "../../runtime/control/controller.ts";
import { describeFailure } from "../member-cluster/describe-failure.ts";
import type { MemberDirectory, MemberProblem } from "../member-cluster/member-directory.ts";
import { callDeadlineMs } from "../shared/call-deadline.ts";
import { type JobLiveness, type Leftovers, sortLeftovers } from "./decide/leftovers.ts";
import type { LeftoverReport } from "./leftover-report.ts";
import { listOwned, type OwnedObject, parallelNamespaces, resourceOf } from "./owned-objects.ts";

/** Time between two looks at a member, in milliseconds; each is spread by a fifth. */
const lookIntervalMs = 60_000;
/** Objects that one look removes; the next follows at once when there are more. */
const removalsPerLook = 200;
/** Names that one message holds. */
const namedLimit = 10;

/** What the collector needs. */
export interface CollectorDeps {
  readonly hub: ApiClient;
  readonly members: MemberDirectory;
  /** Namespaces of a member in which objects of this hub may lie, mapped or not. */
  readonly namespacesOf: (cluster: string) => readonly string[];
  /** Uids of the jobs in the hub's cache: these live. */
  readonly isCachedJob: (jobUid: string) => boolean;
  /** Id of this hub. */
  readonly hubId: string;
  readonly random: () => number;
  readonly log: Logger;
  /** Counts what was removed, by the name of its resource. */
  readonly count: (cluster: string, resource: string) => void;
  /** Tells people what was removed from a member. */
  readonly tell: (cluster: string, note: string) => void;
  /** Told when a report says something else than the one before. */
  readonly onReport: (cluster: string) => void;
}

/**
 * Removes from each member what jobs that exist no longer left there: a job that was deleted while the member was away, or whose
 * finalizer was taken away by force. It looks at the member and at the hub as they are, never at caches alone.
 */
export class Collector {
  readonly #deps: CollectorDeps;
  readonly #reports = new Map<string, LeftoverReport>();
  /** Stranded pods of the look before: the member's own garbage collector takes a moment. */
  readonly #stranded = new Map<string, ReadonlySet<string>>();

  constructor(deps: CollectorDeps) {
    this.#deps = deps;
  }

  /** What was found in a member last; undefined until it was looked at. */
  readonly reportOf = (cluster: string): LeftoverReport | undefined => this.#reports.get(cluster);

  /** One look at one member. */
  readonly reconcile = async (cluster: string, { signal }: ReconcileContext): Promise<ReconcileResult> => {
    const state = this.#deps.members.stateOf(cluster);
    if (state === undefined) {
      this.#reports.delete(cluster);
      this.#stranded.delete(cluster);
      return undefined;
    }
    const requeueAfterMs = lookIntervalMs * (0.8 + this.#deps.random() * 0.4);
    if (state.state === "unreachable") return { requeueAfterMs };
    const { objects, problems, remaining } = await this.#look(cluster, state.client, signal);
    const leftovers = sortLeftovers(objects, await this.#readLiveness(objects, signal));
    const removed = await this.#remove(cluster, state.client, leftovers.removals.slice(0, removalsPerLook), signal);
    for (const { namespace } of removed.done) remaining.set(namespace, (remaining.get(namespace) ?? 1) - 1);
    this.#note(cluster, {
      remaining,
      problems: [...problems, ...removed.problems, ...this.#describeRest(cluster, leftovers)],
    });
    return leftovers.removals.length > removalsPerLook ? { requeueAfterMs: 0 } : { requeueAfterMs };
  };

  async #look(cluster: string, client: ApiClient, signal: AbortSignal) {
    const objects: OwnedObject[] = [];
    const problems: MemberProblem[] = [];
    const remaining = new Map<string, number>();
    const look = async (namespace: string): Promise<void> => {
      try {
        const found = await listOwned(client, namespace, this.#deps.hubId, signal);
        remaining.set(namespace, found.length);
        objects.push(...found);
      } catch (error) {
        const { reason, message } = describeFailure(error, cluster);
        problems.push({
          reason,
          message: `namespace ${namespace} cannot be searched for what removed jobs left: ${message}`,
        });
      }
    };
    await inParallel(this.#deps.namespacesOf(cluster), parallelNamespaces, look);
    return { objects, problems, remaining };
  }

  /**
   * Whether each object's job lives. The cache may be behind, so what it lacks is looked for at the hub itself, after the
   * member was looked at: a job that is not there now was not there when its objects were seen, and its uid never comes back.
   */
  async #readLiveness(objects: readonly OwnedObject[], signal: AbortSignal): Promise<(jobUid: string) => JobLiveness> {
    const { hub, isCachedJob, log } = this.#deps;
    const isUncertain = objects.some(({ jobUid }) => jobUid !== undefined && !isCachedJob(jobUid));
    if (!isUncertain) return () => "live";
    try {
      const jobs = await hub.list<KubeObject>(Kinds.FederatedTrainingJob, { metadataOnly: true, signal });
      const live = new Set(jobs.map((job) => job.metadata.uid));
      return (jobUid) => (live.has(jobUid) || isCachedJob(jobUid) ? "live" : "gone");
    } catch (error) {
      log.warn({ err: asTributaryError(error).message }, "the hub's jobs could not be read; nothing is collected");
      return (jobUid) => (isCachedJob(jobUid) ? "live" : "unknown");
    }
  }

  async #remove(cluster: string, client: ApiClient, removals: readonly OwnedObject[], signal: AbortSignal) {
    const done: OwnedObject[] = [];
    const problems: MemberProblem[] = [];
    for (const object of removals) {
      const { kind, namespace, name, uid, job } = object;
      try {
        const call = { signal, deadlineMs: callDeadlineMs };
        await client.delete(resourceOf(kind), { namespace, name }, { uid, propagation: "Background", ...call });
        done.push(object);
        this.#deps.count(cluster, resourceName(resourceOf(kind)));
        this.#deps.log.info({ cluster, kind, object: `${namespace}/${name}`, job }, "removed what a job left");
      } catch (error) {
        const { reason, message } = describeFailure(error, cluster);
        problems.push({ reason, message: `${describe(object)}, left by job ${job}, cannot be removed: ${message}` });
      }
    }
    if (done.length > 0)
      this.#deps.tell(cluster, `removed ${nameSome(done)}: made for ${nameJobs(done)}, which the hub has no longer`);
    return { done, problems };
  }

  /** What lies there and is not for us to remove. */
  #describeRest(cluster: string, { stranded, foreign }: Leftovers): MemberProblem[] {
    const before = this.#stranded.get(cluster);
    this.#stranded.set(cluster, new Set(stranded.map(({ uid }) => uid)));
    const lasting = stranded.filter(({ uid }) => before?.has(uid) === true);
    return [
      ...(lasting.length === 0
        ? []
        : [
            {
              reason: Reason.CleanupPending,
              message: `${nameSome(lasting)} run without their Job and the hub may not delete pods; have the member's admin delete them`,
            },
          ]),
      ...(foreign.length === 0
        ? []
        : [
            {
              reason: Reason.ForeignObject,
              message: `${nameSome(foreign)} carry this hub's label but were not written by it and are left alone; take the label away`,
            },
          ]),
    ];
  }

  #note(cluster: string, report: LeftoverReport): void {
    const before = this.#reports.get(cluster);
    this.#reports.set(cluster, report);
    if (
      JSON.stringify([...(before?.remaining ?? [])]) !== JSON.stringify([...report.remaining]) ||
      JSON.stringify(before?.problems) !== JSON.stringify(report.problems)
    )
      this.#deps.onReport(cluster);
  }
}

function describe({ kind, namespace, name }: OwnedObject): string {
  return `${kind} ${namespace}/${name}`;
}

function nameSome(objects: readonly OwnedObject[]): string {
  const named = objects.slice(0, namedLimit).map(describe).join(", ");
  return objects.length > namedLimit ? `${named} and ${objects.length - namedLimit} more` : named;
}

function nameJobs(objects: readonly OwnedObject[]): string {
  const jobs = [...new Set(objects.map(({ job }) => job))];
  const named = jobs.slice(0, namedLimit).join(", ");
  return `job ${jobs.length > namedLimit ? `${named} and ${jobs.length - namedLimit} more` : named}`;
}
