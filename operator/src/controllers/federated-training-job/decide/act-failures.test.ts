import { describe, expect, it } from "vitest";
import type { Action } from "../plan.ts";
import { applyFailures } from "./act-failures.ts";

const ready = { type: "ClustersReady", status: "True", reason: "AllReady", message: "" } as const;
const place = { type: "place-seat", cluster: "gcp", why: "participant gcp has its workers" } as unknown as Action;
const remove = { type: "remove-seat", cluster: "gcp", why: "" } as unknown as Action;

describe("applyFailures", () => {
  it("makes the condition that an action serves False, with what was refused", () => {
    const [condition, ...rest] = applyFailures(
      [ready],
      [{ action: place, reason: "Refused", message: "the policy allows 4 GPUs" }],
    );
    expect(rest).toEqual([]);
    expect(condition).toEqual({
      type: "ClustersReady",
      status: "False",
      reason: "Refused",
      message: "participant gcp has its workers: the policy allows 4 GPUs",
    });
  });

  it("adds the condition when nobody decided it", () => {
    expect(applyFailures([], [{ action: place, reason: "Refused", message: "x" }])).toHaveLength(1);
  });

  it("tells the first of several failures", () => {
    const failures = [
      { action: place, reason: "First", message: "1" },
      { action: place, reason: "Second", message: "2" },
    ];
    expect(applyFailures([ready], failures).map(({ reason }) => reason)).toEqual(["First"]);
  });

  it("leaves conditions alone that no failed action serves", () => {
    expect(applyFailures([ready], [{ action: remove, reason: "ClusterUnreachable", message: "x" }])).toEqual([ready]);
  });
});
