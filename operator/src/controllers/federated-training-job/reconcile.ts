import { isDeepStrictEqual } from "node:util";
import { FieldManager, groupVersion, Kinds } from "@tributary/contracts";
import { catalogue, type Logger } from "@tributary/kit";
import type { KubeObject } from "../../runtime/api/object.ts";
import type { ReconcileContext, ReconcileResult } from "../../runtime/control/controller.ts";
import type { EventRecorder } from "../../runtime/observe/event-recorder.ts";
import { type ActDeps, type ActFailure, act } from "./act/act.ts";
import { applyFailures, type FailedAction } from "./decide/act-failures.ts";
import { decide } from "./decide/index.ts";
import { tellTransitions } from "./decide/transitions.ts";
import type { Settings } from "./decide/verdict.ts";
import { type ObservationSources, observe } from "./observe/observe.ts";
import type { Plan } from "./plan.ts";
import type { Condition, JobSnapshot } from "./snapshot.ts";
import { renderStatus } from "./status/status.ts";
import { pruneRounds, updateRounds } from "./status/training-rounds.ts";

/** Everything that one look at a job uses. */
export interface JobDeps extends ActDeps {
  readonly sources: ObservationSources;
  readonly settings: Settings;
  readonly events: EventRecorder;
  readonly log: Logger;
  /** Follows the aggregators of present jobs and forgets those that went; called with each snapshot. */
  readonly followAggregator: (key: string, snapshot: JobSnapshot | undefined) => void;
}

/** Time until a look that failed in part is repeated, in milliseconds. */
const retryMs = 2_000;

/** One look at a job: observe, decide, act, one status write, events only after it. */
export async function reconcileJob(key: string, deps: JobDeps, { signal }: ReconcileContext): Promise<ReconcileResult> {
  const seen = await observe(key, deps.sources, signal);
  deps.followAggregator(key, seen);
  if (seen === undefined) return undefined;
  const plan = decide(seen, deps.settings);
  const failures = await act(seen, plan.actions, deps, signal);
  report(seen, plan, failures, deps);
  const conditions = applyFailures(plan.conditions, failures.map(describe));
  const events = failures.length === 0 ? plan.events : [...plan.events, ...tellTransitions(seen, conditions)];
  if (plan.actions.some((action) => action.type === "remove-finalizer")) return undefined;
  await writeStatus(seen, conditions, deps, signal);
  await writeRounds(seen, deps, signal);
  const regarding = seen.job as KubeObject;
  for (const event of events)
    deps.events.record({ resource: Kinds.FederatedTrainingJob, regarding, action: "Reconcile", ...event });
  return soonest(plan.requeueAfterMs, failures.length > 0 ? retryMs : undefined);
}

async function writeStatus(
  seen: JobSnapshot,
  conditions: readonly Condition[],
  deps: JobDeps,
  signal: AbortSignal,
): Promise<void> {
  const status = renderStatus(seen, conditions);
  if (isDeepStrictEqual(status, seen.job.status)) return;
  const { name, namespace } = seen.job.metadata;
  const intent = { apiVersion: groupVersion, kind: "FederatedTrainingJob", metadata: { name, namespace }, status };
  await deps.hub.applyStatus(Kinds.FederatedTrainingJob, intent as KubeObject, {
    fieldManager: FieldManager.OperatorStatus,
    force: true,
    signal,
  });
}

async function writeRounds(seen: JobSnapshot, deps: JobDeps, signal: AbortSignal): Promise<void> {
  const { namespace } = seen.job.metadata;
  for (const { name, status } of updateRounds(seen)) {
    const intent = { apiVersion: groupVersion, kind: "TrainingRound", metadata: { name, namespace }, status };
    await deps.hub.applyStatus(Kinds.TrainingRound, intent as KubeObject, {
      fieldManager: FieldManager.OperatorStatus,
      force: true,
      signal,
    });
  }
  for (const name of pruneRounds(seen)) await deps.hub.delete(Kinds.TrainingRound, { namespace, name }, { signal });
}

function report(seen: JobSnapshot, plan: Plan, failures: readonly ActFailure[], deps: JobDeps): void {
  const job = `${seen.job.metadata.namespace}/${seen.job.metadata.name}`;
  for (const action of plan.actions)
    if (action.type !== "apply-hub") deps.log.info({ job, action: action.type, why: action.why }, "acted");
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
