import { describe, expect, it } from "vitest";
import type { OwnedKind, OwnedObject } from "../owned-objects.ts";
import { type Lane, nextHistory, noRemovals, planRemovals } from "./plan-removals.ts";

function some(namespace: string, kind: OwnedKind, count: number): OwnedObject[] {
  return Array.from({ length: count }, (_none, index) => {
    const name = `${kind}-${String(index).padStart(3, "0")}`;
    const uid = `${namespace}/${name}`;
    return { kind, namespace, name, uid, jobUid: "gone", job: "r/a", isOurs: true, isDeleting: false };
  });
}

const shape = (lanes: readonly Lane[]) => lanes.map(({ namespace, objects }) => [namespace, objects.length]);

describe("the removals of a look", () => {
  it("are shared evenly between namespaces, and what one does not need is the others'", () => {
    const removals = [...some("a", "Job", 300), ...some("b", "Job", 300), ...some("c", "Job", 10)];
    expect(shape(planRemovals(removals, noRemovals, 200))).toEqual([
      ["a", 95],
      ["b", 95],
      ["c", 10],
    ]);
  });

  it("begin with what holds accelerators", () => {
    const removals = [...some("a", "ConfigMap", 2), ...some("b", "ConfigMap", 1), ...some("b", "Job", 1)];
    const lanes = planRemovals(removals, noRemovals, 3);
    expect(lanes.map(({ namespace, objects }) => [namespace, objects.map(({ kind }) => kind)])).toEqual([
      ["b", ["Job", "ConfigMap"]],
      ["a", ["ConfigMap"]],
    ]);
  });

  it("come to every object, however many are tried in vain again and again", () => {
    const removals = [...some("a", "Job", 7), ...some("a", "ConfigMap", 3)];
    const tried = new Set<string>();
    let history = noRemovals;
    for (let look = 0; look < 5; look += 1) {
      const failed = planRemovals(removals, history, 2).flatMap(({ objects }) => objects);
      for (const { uid } of failed) tried.add(uid);
      history = nextHistory(history, removals, failed);
    }
    expect(tried.size).toBe(10);
    expect(planRemovals(removals, history, 2)[0]?.objects.map(({ name }) => name)).toEqual(["Job-000", "Job-001"]);
  });

  it("come last to the namespace that made trouble last", () => {
    const removals = ["a", "b", "c"].flatMap((namespace) => some(namespace, "Job", 2));
    const [first, , second] = removals as [OwnedObject, OwnedObject, OwnedObject];
    const history = nextHistory(nextHistory(noRemovals, removals, [first]), removals, [second]);
    expect(planRemovals(removals, history, 200).map(({ namespace }) => namespace)).toEqual(["c", "a", "b"]);
  });

  it("remember nothing of what is gone", () => {
    const removals = some("a", "Job", 2);
    const history = nextHistory(noRemovals, removals, removals);
    const { failedIn, troubledIn } = nextHistory(history, removals.slice(1), []);
    expect([...failedIn.keys(), ...troubledIn.keys()]).toEqual(["a/Job-001", "a"]);
  });
});
