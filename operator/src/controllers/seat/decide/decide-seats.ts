import { Reason } from "@tributary/contracts";
import type { Placement, PlacingReport, Problem } from "../../federated-training-job/snapshot.ts";
import type { SeatAction, SeatsPlan } from "../plan.ts";
import type { PlaceObservation, SeatsSnapshot } from "../snapshot.ts";
import { decidePlace } from "./decide-place.ts";

/** Time until what leaves is looked at again, in milliseconds. */
const leavingMs = 1_000;
/** Time until a place that lacks something is looked at again, in milliseconds. */
const waitingMs = 5_000;

/** What to do about the seats of one job in one member: a pure function of what was seen. Only recorded places are touched. */
export function decideSeats(seen: SeatsSnapshot): SeatsPlan {
  const { cluster, member, places } = seen;
  if (member.state === "missing") {
    const message = `no MemberCluster is named ${cluster} any more; register it again with kubectl tributary join`;
    return { actions: [], report: troubled(seen, { reason: Reason.ClusterNotFound, message }) };
  }
  if (member.state === "unreachable") return { actions: [], report: troubled(seen, member.problem) };
  const leaving = places.filter(({ placement }) => placement.state === "Leaving");
  const decided = places
    .filter(({ placement }) => placement.state === "Wanted")
    .map((place) => ({ place, verdict: decidePlace(seen, place) }));
  const problems = decided.flatMap(({ place, verdict }) =>
    verdict.problem === undefined ? [] : [troubleOf(place.placement, verdict.problem)],
  );
  const waits = [
    ...(leaving.length > 0 ? [leavingMs] : []),
    ...decided.map(({ verdict }) => verdict.requeueAfterMs ?? (verdict.problem && waitingMs)),
  ].filter((wait) => wait !== undefined);
  return {
    actions: [
      ...(seen.isUnsearched ? [search(member.namespaces)] : []),
      ...emptyNamespaces(leaving),
      ...decided.flatMap(({ verdict }) => verdict.action ?? []),
    ],
    report: { empty: [], problems },
    ...(waits.length === 0 ? {} : { requeueAfterMs: Math.min(...waits) }),
  };
}

/** A problem as a report carries it. */
export function troubleOf({ participant, namespace }: Placement, problem: Problem): PlacingReport["problems"][number] {
  return { participant, namespace, problem };
}

/** One trouble for all that is to be done in a member, also for a search of it. */
function troubled({ places, isUnsearched }: SeatsSnapshot, problem: Problem): PlacingReport {
  const problems = places.map(({ placement }) => troubleOf(placement, problem));
  return { empty: [], problems, ...(isUnsearched ? { searchProblem: problem } : {}) };
}

function search(namespaces: readonly string[]): SeatAction {
  return { type: "search", namespaces, why: "the record of the job's placements was lost" };
}

/** One removal a namespace and job uid: its lists find all places at once. */
function emptyNamespaces(leaving: readonly PlaceObservation[]): SeatAction[] {
  const byPlace = Map.groupBy(leaving, ({ placement }) => `${placement.namespace}/${placement.jobUid}`);
  return [...byPlace.values()].map((places) => ({
    type: "empty",
    namespace: (places[0] as PlaceObservation).placement.namespace,
    placements: places.map(({ placement }) => placement),
    withEndingPods: places.filter(({ hasEndingPods }) => hasEndingPods).map(({ placement }) => placement.participant),
    why: "the job's status says that these places leave",
  }));
}
