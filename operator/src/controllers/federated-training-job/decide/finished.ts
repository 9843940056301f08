import { Kinds, Reason } from "@tributary/contracts";
import type { Action } from "../plan.ts";
import { renderAggregatorStatefulSet } from "../render/aggregator.ts";
import { jobNames } from "../render/names.ts";
import type { Condition, JobSnapshot } from "../snapshot.ts";
import { runOf } from "./run.ts";
import { conditionOf, isFinished, noVerdict, type Policy, type Settings, type Verdict } from "./verdict.ts";

/** Time that workers get to end by themselves once the job is terminal. */
export const farewellMs = 20_000;

/** A terminal job gives its accelerators and node ports back, stops its aggregator, ready or not, and goes after its time to live. */
export const finished: Policy = (snapshot, settings) => {
  if (!isFinished(snapshot)) return noVerdict;
  const verdict = endJob(snapshot, settings);
  return { ...verdict, final: true, conditions: [progressOf(snapshot)] };
};

/** Said at each look, so that a trouble of the end is told no longer than it lasts. */
function progressOf(snapshot: JobSnapshot): Condition {
  const failed = conditionOf(snapshot, "Failed");
  const [ended, message] =
    failed?.status === "True"
      ? [failed, "the job has failed"]
      : [conditionOf(snapshot, "Complete"), "the job is complete"];
  return { type: "Progressing", status: "False", reason: ended?.reason ?? Reason.Finished, message };
}

function endJob(snapshot: JobSnapshot, settings: Settings): Verdict {
  const sinceEndMs = snapshot.nowMs - (snapshot.completionMs ?? snapshot.nowMs);
  const farewell = sinceEndMs < farewellMs ? sayFarewell(snapshot) : [];
  const ttl = snapshot.job.spec.ttlSecondsAfterFinished;
  const isDue = ttl !== undefined && sinceEndMs >= ttl * 1000;
  const deletion: Action[] = isDue ? [{ type: "delete-job", why: `ended ${ttl} s ago` }] : [];
  // A job that is to go does not wait to lose its workers until it went: its deletion may be refused.
  const leaving = { placing: { type: "leave" } } as const;
  if (sinceEndMs < farewellMs && snapshot.seats.some((seat) => seat.activePods > 0))
    return { ...(isDue ? leaving : {}), actions: [...farewell, ...deletion], requeueAfterMs: 2_000 };
  const names = jobNames(snapshot.job);
  const run = runOf(snapshot, settings.aggregator) ?? { settings: settings.aggregator, members: [] };
  const { certificateHash } = snapshot.hub;
  const stop = {
    type: "apply-hub" as const,
    kind: Kinds.StatefulSet,
    object: renderAggregatorStatefulSet(snapshot.job, { run, certificateHash, replicas: 0 }),
    why: `${names.aggregator} is not needed any more`,
  };
  const close = {
    type: "delete-hub" as const,
    kind: Kinds.Service,
    namespace: names.namespace,
    name: names.aggregator,
    why: "no worker calls any more, so its node ports are free for others",
  };
  const { replicas, hasService, endpoint } = snapshot.hub;
  const isOpen = hasService === true || endpoint !== undefined;
  const untilTtlMs = ttl === undefined || isDue ? undefined : Math.max(1_000, ttl * 1000 - sinceEndMs);
  return {
    ...leaving,
    actions: [...farewell, ...(replicas === 0 ? [] : [stop]), ...(isOpen ? [close] : []), ...deletion],
    ...(untilTtlMs === undefined ? {} : { requeueAfterMs: untilTtlMs }),
  };
}

/**
 * Tells the aggregator, and through it every worker, how the job ended: only now that it is on record, since an aggregator that was told
 * takes no window any more. Said again until the aggregator has taken it: then the link to it ends.
 */
function sayFarewell(snapshot: JobSnapshot): Action[] {
  if (snapshot.aggregator.state !== "heard") return [];
  const outcome = conditionOf(snapshot, "Complete")?.status === "True" ? "Complete" : "Failed";
  return [{ type: "finish-job", outcome, why: "the end of the job is on record" }];
}
