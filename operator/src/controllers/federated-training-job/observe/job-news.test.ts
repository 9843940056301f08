import type { FederatedTrainingJob } from "@tributary/contracts";
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../../runtime/api/object.ts";
import { aJob, aPlacement } from "../testing/a-snapshot.ts";
import { isUrgentNews } from "./job-news.ts";

type Job = FederatedTrainingJob & KubeObject;
type Status = NonNullable<Job["status"]>;

const condition = { type: "ClustersReady", status: "True", reason: "AllReady", message: "all 4 workers have joined" };
const before = {
  ...aJob(),
  status: { placements: [aPlacement()], conditions: [{ ...condition, lastTransitionTime: "2027-01-15T00:00:00Z" }] },
} as Job;
const withStatus = (status: Partial<Status>): Job => ({ ...before, status: { ...before.status, ...status } });
const withMetadata = (metadata: Partial<Job["metadata"]>): Job => ({
  ...before,
  metadata: { ...before.metadata, ...metadata },
});
const isUrgent = (object: Job): boolean =>
  isUrgentNews({ type: "updated", key: "research/notes", object, previous: before });
const turned = (changes: object): NonNullable<Status["conditions"]> =>
  [{ ...condition, lastTransitionTime: "2027-01-15T00:01:00Z", ...changes }] as NonNullable<Status["conditions"]>;

describe("a change of a job", () => {
  it("is looked at without delay when it came or went", () => {
    expect(isUrgentNews({ type: "added", key: "research/notes", object: before })).toBe(true);
    expect(isUrgentNews({ type: "removed", key: "research/notes", object: before, isTombstone: false })).toBe(true);
  });

  it.each<[string, Job]>([
    ["its spec was edited", withMetadata({ generation: 2 })],
    ["it is being deleted", withMetadata({ deletionTimestamp: "2027-01-15T00:00:00Z" })],
    ["its finalizer was taken away", withMetadata({ finalizers: [] })],
    ["it was annotated", withMetadata({ annotations: { "tributary.dev/abandon-clusters": "aws-1" } })],
    ["another place is recorded", withStatus({ placements: [aPlacement(), aPlacement({ participant: "gcp" })] })],
    ["a place leaves", withStatus({ placements: [aPlacement({ state: "Leaving" })] })],
    ["clusters are to be searched", withStatus({ unsearchedClusters: ["aws-1"] })],
    ["a condition turned", withStatus({ conditions: turned({ status: "False" }) })],
    ["it is over", withStatus({ completionTime: "2027-01-15T00:00:00Z" })],
    ["somebody removed its status", { ...before, status: {} }],
  ])("is looked at without delay when %s", (_what, object) => {
    expect(isUrgent(object)).toBe(true);
  });

  it.each<[string, Job]>([
    ["how its participants fare", withStatus({ clusters: [{ participant: "aws", cluster: "aws-1", state: "Ready" }] })],
    ["another count of workers", withStatus({ conditions: turned({ message: "3 of 4 workers have joined" }) })],
    ["its round", withStatus({ round: { current: 3 } })],
  ])("that only tells %s waits for others", (_what, object) => {
    expect(isUrgent(object)).toBe(false);
  });
});
