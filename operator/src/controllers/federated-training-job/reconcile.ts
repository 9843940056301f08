import { Kinds } from "@tributary/contracts";
import { asTributaryError, catalogue, type Logger } from "@tributary/kit";
import type { KubeObject } from "../../runtime/api/object.ts";
import type { ReconcileContext, ReconcileResult } from "../../runtime/control/controller.ts";
import type { EventRecorder } from "../../runtime/observe/event-recorder.ts";
import type { RetryLimit } from "../../runtime/queue/retry-limit.ts";
import { type ActDeps, type ActFailure, act } from "./act/act.ts";
import { applyFailures, type FailedAction, withoutFailed } from "./decide/act-failures.ts";
import { dropLatePlaces } from "./decide/drop-late-places.ts";
import { decide } from "./decide/index.ts";
import { recallPlacements } from "./decide/recall-placements.ts";
import { tellTransitions } from "./decide/transitions.ts";
import { isOver, type Settings } from "./decide/verdict.ts";
import { type ObservationSources, observe } from "./observe/observe.ts";
import type { Plan } from "./plan.ts";
import type { JobSnapshot } from "./snapshot.ts";
import { renderStatus } from "./status/status.ts";
import { renderTrouble, tellTrouble, withTrouble } from "./status/tell-trouble.ts";
import { writeRounds } from "./status/write-rounds.ts";
import { writeStatus } from "./status/write-status.ts";

/** Everything that one look at a job uses. */
export interface JobDeps extends ActDeps {
  readonly sources: ObservationSources;
  readonly settings: Settings;
  readonly events: EventRecorder;
  readonly log: Logger;
  /** How long a job waits of which actions failed: what lasts is tried ever more seldom, and for ever. */
  readonly retries: RetryLimit;
  /** Follows the aggregators of present jobs and forgets those that went; called with each snapshot. */
  readonly followAggregator: (key: string, snapshot: JobSnapshot | undefined) => void;
}

type JobStatus = NonNullable<JobSnapshot["job"]["status"]>;

/** Time until a job is looked at again that had changed meanwhile, in milliseconds. */
const staleMs = 200;

/** One look at a job: observe, decide, act, one status write, events only after it. */
export async function reconcileJob(key: string, deps: JobDeps, context: ReconcileContext): Promise<ReconcileResult> {
  const { signal } = context;
  const seen = await observeOrTell(key, deps, context);
  deps.followAggregator(key, seen);
  if (seen === undefined) {
    deps.retries.forget(key);
    return undefined;
  }
  const plan = decide(seen, deps.settings);
  const failures = await act(seen, plan.actions, deps, signal);
  report(seen, plan, failures, deps);
  const regarding = seen.job as KubeObject;
  const tell = (events: Plan["events"]): void => {
    for (const event of events)
      deps.events.record({ resource: Kinds.FederatedTrainingJob, regarding, action: "Reconcile", ...event });
  };
  if (plan.actions.some(({ type }) => type === "remove-finalizer") && failures.length === 0) {
    tell(plan.events);
    deps.retries.forget(key);
    return undefined;
  }
  const failed = failures.map(describe);
  const now = new Date(seen.nowMs).toISOString();
  const trouble = seen.hub.unread && tellTrouble(seen.job, seen.hub.unread, deps.retries.failures(key), now);
  const conditions = applyFailures(withTrouble(plan.conditions, trouble), failed, { now, job: seen.job });
  const recall = () => recallPlacements(seen, deps.settings).placements;
  const record = dropLatePlaces(plan.record, recall, (cluster) => {
    const member = deps.sources.members.stateOf(cluster);
    return member !== undefined && member.isLeaving !== true;
  });
  const status = { ...renderStatus(seen, conditions, record), ...record };
  const written = await writeStatus(deps.hub, seen.job, status as JobStatus, signal);
  if (written === "stale") return { requeueAfterMs: staleMs };
  tell([...withoutFailed(plan.events, plan.conditions, failed), ...tellTransitions(seen, conditions)]);
  const roundsWritten = await writeRounds(deps.hub, seen, signal);
  const isWhole = failures.length === 0 && seen.hub.unread === undefined;
  if (isWhole) deps.retries.forget(key);
  return soonest(
    // What the plan waits for does not come before what failed has succeeded; what could not be read holds up none of it.
    failures.length === 0 ? plan.requeueAfterMs : undefined,
    isWhole ? undefined : deps.retries.waitMs(key),
    roundsWritten === "stale" ? staleMs : undefined,
  );
}

/**
 * A look that fails before enough is known of the job is told in its status, where that can be. Of a job that only gives its workers back
 * nothing has to be read on the hub: what may not be read of it is told beside what is done.
 */
async function observeOrTell(
  key: string,
  deps: JobDeps,
  { signal, failures }: ReconcileContext,
): Promise<JobSnapshot | undefined> {
  try {
    const seen = await observe(key, deps.sources, signal);
    if (seen?.hub.unread !== undefined && !isLeaving(seen)) throw seen.hub.unread;
    return seen;
  } catch (cause) {
    const job = deps.sources.jobs.get(key);
    const error = asTributaryError(cause);
    const status = job && renderTrouble(job, error, failures, new Date(deps.nowMs()).toISOString());
    if (job !== undefined && status !== undefined && !signal.aborted)
      await writeStatus(deps.hub, job, status, signal).catch((other) =>
        deps.log.warn({ object: key, err: asTributaryError(other).message }, "a trouble could not be told"),
      );
    throw error;
  }
}

function isLeaving({ job }: JobSnapshot): boolean {
  return isOver(job) || job.spec.suspend === true;
}

function report(seen: JobSnapshot, plan: Plan, failures: readonly ActFailure[], deps: JobDeps): void {
  const job = `${seen.job.metadata.namespace}/${seen.job.metadata.name}`;
  for (const action of plan.actions)
    if (action.type !== "apply-hub") deps.log.info({ job, action: action.type, why: action.why }, "acted");
  const { unread } = seen.hub;
  if (unread !== undefined) deps.log.warn({ job, code: unread.code, err: unread.message }, "the hub could not be read");
  for (const { action, error } of failures)
    deps.log.warn(
      { job, action: action.type, why: action.why, code: error.code, err: error.message },
      "an action failed and is tried again",
    );
}

function describe({ action, error }: ActFailure): FailedAction {
  return { action, reason: catalogue[error.code].reason, message: error.message };
}

function soonest(...waits: readonly (number | undefined)[]): ReconcileResult {
  const known = waits.filter((wait) => wait !== undefined);
  return known.length === 0 ? undefined : { requeueAfterMs: Math.min(...known) };
}
