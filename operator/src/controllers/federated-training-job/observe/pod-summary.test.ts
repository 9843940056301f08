import { expect, it } from "vitest";
import type { Unstructured } from "../../../runtime/api/object.ts";
import { summarisePods } from "./pod-summary.ts";

const batchJob: Unstructured = { apiVersion: "batch/v1", kind: "Job", metadata: { name: "notes-aws", uid: "job-1" } };
const aPod = (index: number): Unstructured => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: `notes-aws-${index}`,
    uid: `pod-${index}`,
    labels: { "batch.kubernetes.io/job-completion-index": String(index), "tributary.dev/component": "worker" },
  },
  status: {
    phase: "Running",
    containerStatuses: [{ name: "trainer", image: "trainer:1", ready: true, state: { running: {} } }],
  },
});

it("sums up the pods of a seat once for each array of them, however often it is asked", () => {
  const pods = [aPod(0), aPod(1)];
  const first = summarisePods(pods, batchJob, [], 2, () => 0);
  expect(first).toMatchObject({ active: 2, ended: 0 });
  // The list of events is made anew at each look; what is in it counts.
  expect(summarisePods(pods, batchJob, [], 2, () => 0)).toBe(first);
  expect(summarisePods([...pods, aPod(2)], batchJob, [], 2, () => 0)).toMatchObject({ active: 3 });
  expect(summarisePods(pods, batchJob, [], 3, () => 0)).not.toBe(first);
});
