import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../runtime/api/object.ts";
import { isPodOfOurs, unlistedJobsOf } from "./pod-owner.ts";

const aPod = (apiVersion: string, kind: string, uid: string, controller = true): KubeObject => ({
  metadata: { name: "pod", ownerReferences: [{ apiVersion, kind, name: `${uid}-name`, uid, controller }] },
});

describe("a pod with our labels", () => {
  it.each<[string, KubeObject, boolean]>([
    ["a Job of ours", aPod("batch/v1", "Job", "ours"), true],
    ["a Job that is gone", aPod("batch/v1", "Job", "gone"), true],
    ["a Job that somebody copied", aPod("batch/v1", "Job", "copy"), false],
    ["a ReplicaSet", aPod("apps/v1", "ReplicaSet", "set"), false],
    ["a StatefulSet", aPod("apps/v1", "StatefulSet", "set"), false],
    ["a Job of another API", aPod("batch.volcano.sh/v1alpha1", "Job", "v"), false],
    ["nothing, as a Job that is deleted without its pods leaves it", { metadata: { name: "pod" } }, true],
    ["nothing, though something owns it", aPod("apps/v1", "ReplicaSet", "set", false), true],
  ])("that is controlled by %s", (_what, pod, want) => {
    expect(isPodOfOurs(pod, new Set(["copy"]))).toBe(want);
  });

  it("leads to its Job where that was not listed", () => {
    const pods = [
      aPod("batch/v1", "Job", "listed"),
      aPod("batch/v1", "Job", "other"),
      aPod("batch/v1", "Job", "other"),
      aPod("apps/v1", "ReplicaSet", "set"),
    ];
    const listed = [{ metadata: { name: "a", uid: "listed" } }];
    expect([...unlistedJobsOf(pods, listed)]).toEqual([["other", "other-name"]]);
  });
});
