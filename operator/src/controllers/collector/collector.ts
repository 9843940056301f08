import { Kinds, Reason } from "@tributary/contracts";
import { asTributaryError, inParallel, type Logger } from "@tributary/kit";
import type { ApiClient } from "../../runtime/api/api-client.ts";
import type { KubeObject } from "../../runtime/api/object.ts";
import { resourceName } from "../../runtime/api/resource.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { ReconcileContext, ReconcileResult } from "../../runtime/control/controller.ts";
import { describeFailure } from "../member-cluster/describe-failure.ts";
import type { MemberDirectory, MemberProblem } from "../member-cluster/member-directory.ts";
import { type JobLiveness, type Leftovers, sortLeftovers } from "./decide/leftovers.ts";
import { nextHistory, noRemovals, planRemovals, type RemovalHistory } from "./decide/plan-removals.ts";
import { describeFailed } from "./describe-failed.ts";
import { nameJobs, nameSome } from "./describe-objects.ts";
import type { LeftoverReport } from "./leftover-report.ts";
import { listOwned, type OwnedObject, parallelNamespaces, resourceOf } from "./owned-objects.ts";
import { removeLeftovers } from "./remove-leftovers.ts";

/** Time between two looks at a member, in milliseconds; each is spread by a fifth. */
const lookIntervalMs = 60_000;
/** Objects that one look tries to remove; the next follows at once when it removed some and there are more. */
const removalsPerLook = 200;

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
  readonly clock: Pick<Clock, "monotonicMs">;
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
  /** What was tried in vain in each member: it goes behind what was not. */
  readonly #histories = new Map<string, RemovalHistory>();

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
      this.#histories.delete(cluster);
      return undefined;
    }
    const requeueAfterMs = lookIntervalMs * (0.8 + this.#deps.random() * 0.4);
    if (state.state === "unreachable") return { requeueAfterMs };
    const beganMs = this.#deps.clock.monotonicMs();
    const { objects, problems, remaining } = await this.#look(cluster, state.client, signal);
    const leftovers = sortLeftovers(objects, await this.#readLiveness(objects, signal));
    const removed = await this.#remove(cluster, state.client, leftovers.removals, signal);
    this.#note(cluster, {
      beganMs,
      remaining,
      problems: [...problems, ...removed.problems, ...this.#describeRest(cluster, leftovers)],
    });
    return removed.isToGoOn ? { requeueAfterMs: 0 } : { requeueAfterMs };
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

  /** Removes what it is the turn of; to go on at once is worth it only where this look got somewhere. */
  async #remove(cluster: string, client: ApiClient, removals: readonly OwnedObject[], signal: AbortSignal) {
    const history = this.#histories.get(cluster) ?? noRemovals;
    const lanes = planRemovals(removals, history, removalsPerLook);
    const outcome = await removeLeftovers(client, lanes, this.#deps.clock, signal);
    const { done } = outcome;
    const failed = outcome.failed.map(({ object }) => object);
    const next = nextHistory(history, removals, failed);
    this.#histories.set(cluster, next);
    this.#tellRemoved(cluster, done);
    return {
      problems: describeFailed(cluster, removals, outcome, next.failedIn),
      isToGoOn: done.length > 0 && done.length + failed.length < removals.length,
    };
  }

  #tellRemoved(cluster: string, done: readonly OwnedObject[]): void {
    for (const { kind, namespace, name, job } of done) {
      this.#deps.count(cluster, resourceName(resourceOf(kind)));
      this.#deps.log.info({ cluster, kind, object: `${namespace}/${name}`, job }, "removed what a job left");
    }
    if (done.length > 0)
      this.#deps.tell(cluster, `removed ${nameSome(done)}: made for ${nameJobs(done)}, which the hub has no longer`);
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
