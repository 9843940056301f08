import { cleanupFinalizer, Kinds } from "@tributary/contracts";
import { asTributaryError, type TributaryError } from "@tributary/kit";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import { addFinalizer, removeFinalizer } from "../../../runtime/api/k8s-finalizer.ts";
import type { KubeObject } from "../../../runtime/api/object.ts";
import { type Clock, startDeadline, systemClock } from "../../../runtime/clock.ts";
import type { Action } from "../plan.ts";
import { jobNames } from "../render/names.ts";
import type { JobSnapshot, WindowPlan } from "../snapshot.ts";
import { ensureCertificates } from "./ensure-certificates.ts";
import type { HubObjects } from "./hub-objects.ts";

/** What effects need. */
export interface ActDeps {
  readonly hub: ApiClient;
  /** Opens a window at the job's aggregator. */
  readonly openWindow: (job: JobSnapshot["job"], window: WindowPlan, signal: AbortSignal) => Promise<void>;
  /** Tells the job's aggregator, and through it every worker, that no round follows. */
  readonly finishJob: (job: JobSnapshot["job"], outcome: "Complete" | "Failed", signal: AbortSignal) => Promise<void>;
  /** Writes the job's objects on the hub. */
  readonly hubObjects: HubObjects;
  /** Told when certificates of a job were made: what its workers know the aggregator by may be another one. */
  readonly onCertificates: (job: JobSnapshot["job"]) => void;
  readonly nowMs: () => number;
  /** Measures how long actions take; the machine's when left out. */
  readonly clock?: Clock;
}

/** An action that failed; failures of one target never stop the others. */
export interface ActFailure {
  readonly action: Action;
  readonly error: TributaryError;
}

/** Actions that others build on: when one fails the rest of the plan waits for the next look. */
const gating: readonly Action["type"][] = ["add-finalizer"];

/**
 * Time for all actions of one look, in milliseconds: what hangs on the hub, as behind a webhook, must leave time to write down what
 * leaves, since members are emptied only by what is on record.
 */
export const actingMs = 15_000;

/**
 * Carries out actions in order; each is idempotent. Failures are data. An aggregator never starts on an object that somebody
 * else has under the name of one of its own: its objects come in an order, and one that fails holds up those after it. What there
 * was no time for waits for the next look.
 */
export async function act(
  snapshot: JobSnapshot,
  actions: readonly Action[],
  deps: ActDeps,
  signal: AbortSignal,
): Promise<ActFailure[]> {
  const failures: ActFailure[] = [];
  const deadline = startDeadline(deps.clock ?? systemClock, actingMs, signal);
  try {
    for (const action of actions) {
      if (action.type === "apply-hub" && failures.some((failure) => failure.action.type === "apply-hub")) continue;
      try {
        await carryOut(snapshot, action, deps, deadline.signal);
      } catch (error) {
        failures.push({ action, error: asTributaryError(error) });
        if (gating.includes(action.type) || deadline.hasPassed()) break;
      }
    }
  } finally {
    deadline.release();
  }
  return failures;
}

async function carryOut(snapshot: JobSnapshot, action: Action, deps: ActDeps, signal: AbortSignal): Promise<void> {
  const { hub } = deps;
  const { job } = snapshot;
  const ref = { namespace: jobNames(job).namespace, name: job.metadata.name };
  switch (action.type) {
    case "add-finalizer":
      await addFinalizer(hub, Kinds.FederatedTrainingJob, job as KubeObject, cleanupFinalizer, { signal });
      return;
    case "remove-finalizer":
      await removeFinalizer(hub, Kinds.FederatedTrainingJob, job as KubeObject, cleanupFinalizer, { signal });
      return;
    case "ensure-certificates":
      await ensureCertificates(job, action.serverName, deps, signal);
      return deps.onCertificates(job);
    case "apply-hub":
      await deps.hubObjects.apply(job, action.kind, action.object, signal);
      return;
    case "delete-hub":
      return deps.hubObjects.remove(job, action.kind, action, signal);
    case "open-window":
      await deps.hubObjects.apply(job, Kinds.TrainingRound, action.trainingRound, signal);
      return deps.openWindow(job, action.window, signal);
    case "finish-job":
      return deps.finishJob(job, action.outcome, signal);
    case "delete-job":
      await hub.delete(Kinds.FederatedTrainingJob, ref, { uid: job.metadata.uid, signal });
      return;
    default:
      return action satisfies never;
  }
}
