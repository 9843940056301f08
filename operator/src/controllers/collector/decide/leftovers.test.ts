import { describe, expect, it } from "vitest";
import type { OwnedObject } from "../owned-objects.ts";
import { sortLeftovers } from "./leftovers.ts";

function anObject(changes: Partial<OwnedObject> = {}): OwnedObject {
  return {
    kind: "Job",
    namespace: "jobs",
    name: "a",
    uid: "u",
    jobUid: "gone",
    job: "research/a",
    isOurs: true,
    isDeleting: false,
    ...changes,
  };
}

const livenessOf = (jobUid: string) => (jobUid === "live" || jobUid === "unknown" ? jobUid : "gone");

describe("leftovers in a member", () => {
  it.each<[string, Partial<OwnedObject>, "removals" | "stranded" | "foreign" | "none"]>([
    ["a Job of a job that is gone is removed", {}, "removals"],
    ["a ConfigMap of a job that is gone is removed", { kind: "ConfigMap" }, "removals"],
    ["what a living job has stays", { jobUid: "live" }, "none"],
    ["what may be of a living job stays", { jobUid: "unknown" }, "none"],
    ["what is being removed is not removed again", { isDeleting: true }, "none"],
    ["a copy that somebody made stays and is told of", { isOurs: false }, "foreign"],
    ["an object with our label and no job stays and is told of", { jobUid: undefined as never }, "foreign"],
    ["a pod without its Job is told of", { kind: "Pod", controllerUid: "no-job" }, "stranded"],
    [
      "a pod that somebody else's ReplicaSet made is not ours to miss a Job of",
      { kind: "Pod", isOurs: false, controllerUid: "set" },
      "foreign",
    ],
    ["a pod that ends is not told of", { kind: "Pod", controllerUid: "no-job", isDeleting: true }, "none"],
  ])("%s", (_what, changes, want) => {
    const sorted = sortLeftovers([anObject(changes)], livenessOf);
    const found = Object.entries(sorted).flatMap(([name, objects]) => (objects.length > 0 ? [name] : []));
    expect(found).toEqual(want === "none" ? [] : [want]);
  });

  it("leaves a pod to its Job", () => {
    const job = anObject({ jobUid: "live", uid: "j" });
    const pod = anObject({ kind: "Pod", jobUid: "live", uid: "p", controllerUid: "j" });
    expect(sortLeftovers([job, pod], livenessOf)).toEqual({ removals: [], stranded: [], foreign: [] });
  });

  it("tells of a copied Job and not of its pods as well", () => {
    const job = anObject({ uid: "j", isOurs: false });
    const pod = anObject({ kind: "Pod", uid: "p", controllerUid: "j", isOurs: false });
    expect(sortLeftovers([job, pod], livenessOf)).toEqual({ removals: [], stranded: [], foreign: [job] });
  });
});
