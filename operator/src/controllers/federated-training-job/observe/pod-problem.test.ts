import { describe, expect, it } from "vitest";
import { findPodProblem } from "./pod-problem.ts";

const labels = { "tributary.dev/component": "worker" };
const aPod = (status: object) => ({ metadata: { name: "notes-aws-0", labels }, status });
const unschedulable = (message: string) => ({
  conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }],
});
const aContainer = (state: object) => ({
  containerStatuses: [{ name: "trainer", image: "trainer:1", state }],
});

describe("the problem of a pod", () => {
  it.each<[string, object, string, readonly string[]]>([
    [
      "its image cannot be pulled",
      aContainer({ waiting: { reason: "ErrImagePull" } }),
      "ImagePullFailed",
      ["trainer:1", "trainer", "pull secret"],
    ],
    [
      "no node has room",
      unschedulable("0/1 nodes"),
      "Unschedulable",
      ["0/1 nodes", "spec.participants[].accelerator.count"],
    ],
    [
      "its claim is not bound",
      unschedulable("0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims"),
      "VolumeNotBound",
      ["waits for a volume", "storage class"],
    ],
    [
      "its container cannot be made",
      aContainer({ waiting: { reason: "CreateContainerConfigError", message: "configmap is absent" } }),
      "WorkerFailed",
      ["trainer", "configmap is absent"],
    ],
    [
      "its data set is empty",
      aContainer({ terminated: { exitCode: 12 } }),
      "DataMissing",
      ["no usable samples; fill the data set", "spec.participants[].dataset"],
    ],
    [
      "it ended with a code that nobody knows",
      aContainer({ terminated: { exitCode: 200, reason: "Error" } }),
      "WorkerFailed",
      ["exit code 200", "read its log"],
    ],
  ])("names pod, cause and remedy when %s", (_what, status, reason, parts) => {
    const problem = findPodProblem([aPod(status)]);
    expect(problem?.reason).toBe(reason);
    for (const part of ["notes-aws-0", ...parts]) expect(problem?.message).toContain(part);
  });

  it("is none while it runs, and once it ended well", () => {
    const running = aPod(aContainer({ running: {} }));
    expect(findPodProblem([running, aPod(aContainer({ terminated: { exitCode: 0 } }))])).toBeUndefined();
  });
});
