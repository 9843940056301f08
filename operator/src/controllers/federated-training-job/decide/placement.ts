import type { Action } from "../plan.ts";
import { renderAnchor, renderBatchJob, renderWorkerConfig, type SeatInput } from "../render/seat.ts";
import type { JobSnapshot, SeatObservation } from "../snapshot.ts";
import { clustersReady, degradation } from "./clusters-ready.ts";
import { describeSeat } from "./seats.ts";
import type { Policy, Settings } from "./verdict.ts";

/** Every seat whose member answers has its anchor and its batch Job; the aggregator comes before the first worker. */
export const placement: Policy = (snapshot, settings) => {
  const actions = snapshot.seats.flatMap((seat) => placeSeat(snapshot, seat, settings));
  const ready = clustersReady(snapshot);
  const degraded = degradation(snapshot);
  return {
    actions,
    conditions: degraded === undefined ? [ready] : [ready, degraded],
    ...(ready.status === "True" ? {} : { requeueAfterMs: 5_000 }),
  };
};

function placeSeat(snapshot: JobSnapshot, seat: SeatObservation, settings: Settings): Action[] {
  const { job, hub } = snapshot;
  const { member, participant, template } = seat;
  if (member.state !== "reachable" || member.namespace === undefined || template.state !== "found") return [];
  if (hub.endpoint === undefined || hub.caPem === undefined) return [];
  if (member.isLeaving === true && !seat.hasBatchJob) return [];
  const input: SeatInput = {
    job,
    participant,
    namespace: member.namespace,
    origin: settings.hubId,
    endpoint: hub.endpoint,
    caPem: hub.caPem,
    template: template.template,
  };
  if (seat.hasBatchJob && seat.anchorText === renderWorkerConfig(input)) return [];
  const why = `${describeSeat(seat)} has its workers`;
  return [
    {
      type: "place-seat",
      cluster: participant.cluster,
      anchor: renderAnchor(input),
      batchJob: renderBatchJob(input),
      why,
    },
  ];
}
