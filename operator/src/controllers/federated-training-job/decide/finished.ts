import { Kinds } from "@tributary/contracts";
import { renderAggregatorStatefulSet } from "../render/aggregator.ts";
import { jobNames } from "../render/names.ts";
import { removeSeats } from "./seats.ts";
import { isFinished, noVerdict, type Policy } from "./verdict.ts";

/** Time that workers get to end by themselves once the job is terminal. */
export const farewellMs = 20_000;

/** A terminal job gives its accelerators back, stops its aggregator and goes after its time to live. */
export const finished: Policy = (snapshot, settings) => {
  if (!isFinished(snapshot)) return noVerdict;
  const sinceEndMs = snapshot.nowMs - (snapshot.completionMs ?? snapshot.nowMs);
  const ttl = snapshot.job.spec.ttlSecondsAfterFinished;
  if (ttl !== undefined && sinceEndMs >= ttl * 1000)
    return { final: true, actions: [{ type: "delete-job", why: `ended ${ttl} s ago` }] };
  if (sinceEndMs < farewellMs && snapshot.seats.some((seat) => seat.activePods > 0))
    return { final: true, requeueAfterMs: 2_000 };
  const names = jobNames(snapshot.job);
  const stop = {
    type: "apply-hub" as const,
    kind: Kinds.StatefulSet,
    object: renderAggregatorStatefulSet(snapshot.job, snapshot.seats, settings.aggregator, 0),
    why: `${names.aggregator} is not needed any more`,
  };
  const untilTtlMs = ttl === undefined ? undefined : Math.max(1_000, ttl * 1000 - sinceEndMs);
  return {
    final: true,
    actions: [
      ...removeSeats(snapshot, settings, "the job is terminal"),
      ...(snapshot.hub.readyReplicas > 0 ? [stop] : []),
    ],
    ...(untilTtlMs === undefined ? {} : { requeueAfterMs: untilTtlMs }),
  };
};
