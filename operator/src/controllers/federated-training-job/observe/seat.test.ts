import { describe, expect, it } from "vitest";
import type { Unstructured } from "../../../runtime/api/object.ts";
import type { MemberState, MemberView } from "../../member-cluster/member-directory.ts";
import { aJob, aPlacement, someTimeMs, withPlacements } from "../testing/a-snapshot.ts";
import { observeSeat } from "./seat.ts";

const { name } = aPlacement();
const failed = { conditions: [{ type: "Failed", status: "True", reason: "BackoffLimitExceeded" }] };
const batchJob = (of: string, status: object = {}): Unstructured => ({
  metadata: { name: of, uid: `uid-${of}` },
  status,
});
const pod = (of: string, phase: string): Unstructured => ({
  metadata: { name: `${of}-0-x`, uid: `pod-${of}`, labels: { "batch.kubernetes.io/job-name": of } },
  status: { phase },
});

function look(jobs: readonly Unstructured[], pods: readonly Unstructured[], state: "Wanted" | "Leaving" = "Wanted") {
  const job = withPlacements(aJob(), aPlacement({ state }));
  const view: MemberView = {
    objectsOf: (kind) => (kind === "jobs" ? jobs : kind === "pods" ? pods : []),
    eventsOf: () => [],
    placesOf: () => [],
    podsIn: () => [],
    podTemplates: () => [],
  };
  const member: MemberState = { state: "reachable", heardMs: someTimeMs, client: {} as never, view };
  const cluster = { metadata: { name: "aws-1" }, spec: { namespaces: [{ hub: "research", member: "jobs" }] } } as never;
  return observeSeat(job, job.spec.participants[0]!, cluster, member);
}

describe("a seat beside a copy of its batch Job that somebody made with all labels", () => {
  it("does not fail with the copy", () => {
    const seat = look([batchJob("copy", failed), batchJob(name)], [pod("copy", "Failed"), pod(name, "Running")]);
    expect(seat).toMatchObject({ hasBatchJob: true, activePods: 1, failedPods: 0 });
    expect(seat.batchJobFailure).toBeUndefined();
  });

  it("fails by itself", () => {
    const seat = look([batchJob("copy"), batchJob(name, failed)], [pod("copy", "Running")]);
    expect(seat.batchJobFailure?.reason).toBe("WorkerFailed");
    expect(seat.activePods).toBe(0);
  });

  it("has none while there is only the copy", () => {
    expect(look([batchJob("copy")], []).hasBatchJob).toBe(false);
  });
});

describe("a seat whose former workers are still leaving", () => {
  it("does not fail with what leaves: the spec was edited since", () => {
    const leaving = batchJob(name, { ...failed, failedIndexes: "0" });
    const seat = look([leaving], [pod(name, "Failed")], "Leaving");
    expect(seat).toMatchObject({ hasBatchJob: true, failedIndexes: 0 });
    expect(seat.batchJobFailure).toBeUndefined();
    expect(look([leaving], []).failedIndexes).toBe(1);
  });
});
