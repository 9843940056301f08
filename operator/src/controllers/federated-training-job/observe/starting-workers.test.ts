import { describe, expect, it } from "vitest";
import type { Unstructured } from "../../../runtime/api/object.ts";
import { findStartingWorkers } from "./starting-workers.ts";

const joined = { name: "sidecar", image: "dataplane:1", ready: true, state: { running: {} } };

/** A worker's pod whose sidecar runs. */
function aPod(trainer: object, { phase = "Pending", index = "3" } = {}): Unstructured {
  const containerStatuses = [{ name: "trainer", image: "trainer:1", ready: false, ...trainer }];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "notes-aws-3", labels: { "batch.kubernetes.io/job-completion-index": index } },
    status: { phase, initContainerStatuses: [joined], containerStatuses },
  };
}

const waiting = (reason: string) => ({ state: { waiting: { reason, message: "as each try has it" } } });

describe("a worker whose trainer has not started", () => {
  it.each([
    ["ContainerCreating", "TrainerStarting", "its trainer has not started yet (ContainerCreating): the node pulls"],
    ["PodInitializing", "TrainerStarting", "its trainer has not started yet (PodInitializing): the node pulls"],
    ["ErrImagePull", "ImagePullFailed", "image trainer:1 of container trainer cannot be pulled"],
    ["ImagePullBackOff", "ImagePullFailed", "image trainer:1 of container trainer cannot be pulled"],
  ])("is found by what its pod says: %s", (said, reason, message) => {
    const problem = { reason, message: expect.stringContaining(message) };
    expect(findStartingWorkers([aPod(waiting(said))])).toEqual([{ workerIndex: 3, problem }]);
  });

  it.each([
    ["runs", aPod({ state: { running: {} } }, { phase: "Running" })],
    ["has ended", aPod({ state: { terminated: { exitCode: 1 } } }, { phase: "Failed" })],
    ["is started again", aPod(waiting("CrashLoopBackOff"), { phase: "Running" })],
    ["is of a pod without an index", aPod(waiting("ContainerCreating"), { index: "x" })],
    ["is of a pod that nobody has reported on", { ...aPod({}), status: {} }],
  ])("is not one whose trainer %s", (_, pod) => expect(findStartingWorkers([pod])).toEqual([]));
});
