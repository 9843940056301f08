import type { JobSnapshot, SeatObservation } from "../snapshot.ts";
import { clustersReady, degradation } from "./clusters-ready.ts";
import type { Policy } from "./verdict.ts";

/** Every seat whose member answers gets a place there; the aggregator comes before the first worker. */
export const placement: Policy = (snapshot) => {
  const ready = clustersReady(snapshot);
  const degraded = degradation(snapshot);
  return {
    placing: { type: "place", seats: snapshot.seats.filter((seat) => isPlaceable(snapshot, seat)) },
    conditions: degraded === undefined ? [ready] : [ready, degraded],
    ...(ready.status === "True" ? {} : { requeueAfterMs: 5_000 }),
  };
};

/** Whether everything that a seat's objects are made from is there, and the aggregator will know its workers. */
function isPlaceable({ hub }: JobSnapshot, { participant, member, template }: SeatObservation): boolean {
  const hasAggregator = hub.endpoint !== undefined && hub.caPem !== undefined && hub.ledgerProblem === undefined;
  if (!hasAggregator || member.state !== "reachable" || member.isLeaving === true) return false;
  const known = hub.kept?.run.members.find(({ cluster }) => cluster === participant.cluster);
  return known !== undefined && known.namespace === member.namespace && template.state === "found";
}
