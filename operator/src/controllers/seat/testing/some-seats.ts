import { Label } from "@tributary/contracts";
import type { KubeObject, Unstructured } from "../../../runtime/api/object.ts";
import { renderAnchor, renderBatchJob } from "../../federated-training-job/render/seat.ts";
import type { PodTemplateObject } from "../../federated-training-job/snapshot.ts";
import { aJob, aPlacement, aTemplate, someSettings } from "../../federated-training-job/testing/a-snapshot.ts";
import type { AggregatorAccess, PlaceObservation, SeatsSnapshot } from "../snapshot.ts";

/** Where the aggregator of every test is. */
export const someAggregator: AggregatorAccess = {
  endpoint: { controlAddress: "10.0.0.1:30001", tensorAddress: "10.0.0.1:30002" },
  caPem: "job CA",
};

type Job = SeatsSnapshot["job"];

/** The seats of `aJob` in cluster aws-1: one wanted place in which nothing was made yet. */
export function someSeats(changes: Partial<SeatsSnapshot> = {}): SeatsSnapshot {
  const job = changes.job ?? (aJob() as Job);
  return {
    job,
    hubId: someSettings.hubId,
    cluster: "aws-1",
    member: { state: "reachable", namespaces: ["jobs"] },
    isUnsearched: false,
    aggregator: someAggregator,
    places: [aPlace(job)],
    ...changes,
  };
}

/** A wanted place in which nothing was made yet. */
export function aPlace(job: Job, changes: Partial<PlaceObservation> = {}): PlaceObservation {
  const participant = job.spec.participants[0]!;
  return {
    placement: aPlacement(),
    participant,
    template: { state: "found", template: aTemplate },
    hasEndingPods: false,
    isSettled: true,
    ...changes,
  };
}

/** The objects of a place as a member holds them once they were made. */
export function madeObjects(
  job: Job,
  index = 0,
  template: PodTemplateObject = aTemplate,
): { readonly anchor: Unstructured; readonly batchJob: Unstructured } {
  const participant = job.spec.participants[index]!;
  const input = { job, participant, namespace: "jobs", origin: someSettings.hubId, template };
  const rendered = { ...input, ...someAggregator };
  return {
    anchor: withUid(renderAnchor(rendered), "anchor-uid"),
    batchJob: withUid(renderBatchJob(rendered), "batch-job-uid"),
  };
}

function withUid(object: object, uid: string): Unstructured {
  const { metadata, ...rest } = object as Unstructured;
  return { ...rest, metadata: { ...metadata, uid } };
}

/** A pod of a seat as a member's Job controller makes it. */
export function aPod(name: string, participant: string, namespace = "jobs"): KubeObject {
  const labels = {
    [Label.Origin]: someSettings.hubId,
    [Label.JobUid]: "job-uid",
    [Label.Participant]: participant,
    [Label.Component]: "worker",
  };
  return { metadata: { name, namespace, labels } };
}
