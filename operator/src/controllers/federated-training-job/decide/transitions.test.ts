import { expect, it } from "vitest";
import type { Action } from "../plan.ts";
import { aJob, aSnapshot, withConditions } from "../testing/a-snapshot.ts";
import { applyFailures } from "./act-failures.ts";
import { tellTransitions } from "./transitions.ts";

const type = "AggregationReady";
const ready = { type, status: "True", reason: "AggregatorReady", message: "the aggregator answers" } as const;
const refused = { type, status: "False", reason: "ApiRefused", message: "a policy refuses it" } as const;
const apply = { type: "apply-hub", why: "aggregator notes-aggregator runs" } as unknown as Action;
const failure = { action: apply, reason: "ApiRefused", message: "a policy refuses it" };
const seen = aSnapshot({ job: withConditions(aJob(), refused) });

it("tells nothing as done again that is refused again, and tells it once it is not", () => {
  expect(tellTransitions(seen, applyFailures([ready], [failure]))).toEqual([]);
  expect(tellTransitions(seen, [ready])).toEqual([
    { type: "Normal", reason: "AggregatorReady", note: "the aggregator answers" },
  ]);
});

it("tells what is refused now, or for another reason, as bad news", () => {
  const before = [aSnapshot({ job: withConditions(aJob(), ready) }), aSnapshot()];
  for (const snapshot of [...before, aSnapshot({ job: withConditions(aJob(), { ...refused, reason: "Other" }) })])
    expect(tellTransitions(snapshot, applyFailures([ready], [failure]))).toMatchObject([
      { type: "Warning", reason: "ApiRefused" },
    ]);
});
