import { describe, expect, it } from "vitest";
import type { Action } from "../plan.ts";
import { aJob, withConditions } from "../testing/a-snapshot.ts";
import { applyFailures, withoutFailed } from "./act-failures.ts";

const ready = { type: "AggregationReady", status: "True", reason: "AggregatorReady", message: "" } as const;
const apply = { type: "apply-hub", why: "aggregator notes-aggregator runs" } as unknown as Action;
const remove = { type: "delete-job", why: "" } as unknown as Action;

describe("applyFailures", () => {
  it("makes the condition that an action serves False, with what was refused", () => {
    const [condition, ...rest] = applyFailures(
      [ready],
      [{ action: apply, reason: "Refused", message: "the policy allows 4 GPUs" }],
    );
    expect(rest).toEqual([]);
    expect(condition).toEqual({
      type: "AggregationReady",
      status: "False",
      reason: "Refused",
      message: "aggregator notes-aggregator runs: the policy allows 4 GPUs",
    });
  });

  it("adds the condition when nobody decided it", () => {
    expect(applyFailures([], [{ action: apply, reason: "Refused", message: "x" }])).toHaveLength(1);
  });

  it("says since when it is tried again, and keeps that time while the reason stays", () => {
    const failure = { action: apply, reason: "Refused", message: "the policy allows 4 GPUs" };
    const look = (job: ReturnType<typeof aJob>, now: string) => applyFailures([ready], [failure], { now, job })[0];
    const first = look(aJob(), "2027-01-15T08:00:00.000Z");
    expect(first?.message).toBe(
      "aggregator notes-aggregator runs (tried again since 2027-01-15T08:00:00.000Z): the policy allows 4 GPUs",
    );
    const again = look(withConditions(aJob(), first!), "2027-01-15T09:00:00.000Z");
    expect(again).toEqual(first);
    const other = look(withConditions(aJob(), { ...first!, reason: "Conflict" }), "2027-01-15T09:00:00.000Z");
    expect(other?.message).toContain("since 2027-01-15T09");
  });

  it("tells the first of several failures", () => {
    const failures = [
      { action: apply, reason: "First", message: "1" },
      { action: apply, reason: "Second", message: "2" },
    ];
    expect(applyFailures([ready], failures)).toMatchObject([
      { reason: "First", message: "aggregator notes-aggregator runs: 1 (and 1 more like it)" },
    ]);
  });

  it("leaves conditions alone that no failed action serves, and tells of a removal that is refused", () => {
    expect(applyFailures([ready], [{ action: remove, reason: "RBACDenied", message: "delete jobs" }])).toMatchObject([
      ready,
      { type: "Progressing", status: "False", reason: "RBACDenied", message: expect.stringContaining("delete jobs") },
    ]);
  });
});

describe("withoutFailed", () => {
  it("tells nothing as done that failed, and all the rest", () => {
    const opened = { type: "Progressing", status: "True", reason: "RoundStarted", message: "" } as const;
    const started = { type: "Normal", reason: "RoundStarted", note: "round 0 is open" } as const;
    const resumed = { type: "Normal", reason: "Resumed", note: "" } as const;
    const open = { action: { type: "open-window" as const, why: "" }, reason: "AggregatorUnreachable", message: "" };
    expect(withoutFailed([started, resumed], [opened], [open])).toEqual([resumed]);
    expect(withoutFailed([started, resumed], [opened], [])).toEqual([started, resumed]);
  });
});
