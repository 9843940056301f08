import { describe, expect, it } from "vitest";
import type { Condition, HubObservation } from "../snapshot.ts";
import {
  aJob,
  aPlacement,
  aSeat,
  aSnapshot,
  someSettings,
  someTimeMs,
  withConditions,
  withPlacements,
} from "../testing/a-snapshot.ts";
import { decide } from "./index.ts";

const terminal = {
  Complete: { type: "Complete", status: "True", reason: "MaxRounds", message: "" },
  Failed: { type: "Failed", status: "True", reason: "WorkerFailed", message: "" },
} as const;

const running: HubObservation = { ...aSnapshot().hub, replicas: 1, hasService: true };

it("a trouble that a job had in ending is told no longer than it lasts", () => {
  const stale = { type: "Progressing", status: "False", reason: "ApiUnavailable", message: "refused" } as const;
  const said = (end: Condition) => {
    const snapshot = aSnapshot({ job: withConditions(aJob(), end, stale), completionMs: someTimeMs - 3_600_000 });
    return decide(snapshot, someSettings).conditions.find(({ type }) => type === "Progressing");
  };
  expect(said(terminal.Complete)).toMatchObject({ reason: "MaxRounds", message: "the job is complete" });
  expect(said(terminal.Failed)).toMatchObject({ reason: "WorkerFailed", message: "the job has failed" });
});

describe("what a job that ended leaves on the hub", () => {
  const heard = aSnapshot().aggregator;
  it.each([
    { when: "just now and its aggregator answers", aggregator: heard, sinceMs: 100, want: ["finish-job"] },
    { when: "just now and its aggregator does not answer", aggregator: { state: "absent" }, sinceMs: 100, want: [] },
    { when: "too long ago for a farewell", aggregator: heard, sinceMs: 20_000, want: [] },
  ] as const)("an aggregator of a job that ended $when is told: $want", ({ aggregator, sinceMs, want }) => {
    const job = withConditions(aJob(), terminal.Failed);
    const snapshot = aSnapshot({ job, completionMs: someTimeMs - sinceMs, aggregator, hub: running });
    const told = decide(snapshot, someSettings).actions.filter(({ type }) => type === "finish-job");
    expect(told.map(({ type }) => type)).toEqual(want);
    for (const action of told) expect(action).toMatchObject({ outcome: "Failed" });
  });

  it.each([
    {
      name: "a ready aggregator stops and its node ports go",
      how: "Complete",
      hub: running,
      want: ["0 replicas", "no Service"],
    },
    {
      name: "an aggregator that never got ready stops too",
      how: "Failed",
      hub: { ...running, readyReplicas: 0, podProblem: { reason: "ModelSourceInvalid", message: "" } },
      want: ["0 replicas", "no Service"],
    },
    {
      name: "a Service that never got its ports goes",
      how: "Failed",
      hub: { missingClaims: [], replicas: 0, readyReplicas: 0, hasService: true },
      want: ["no Service"],
    },
    {
      name: "what is gone is not touched again",
      how: "Complete",
      hub: { missingClaims: [], replicas: 0, readyReplicas: 0, hasService: false },
      want: [],
    },
  ] as const)("$name", ({ how, hub, want }) => {
    const job = withConditions(aJob(), terminal[how]);
    const snapshot = aSnapshot({ job, completionMs: someTimeMs - 3_600_000, aggregator: { state: "absent" }, hub });
    const told = decide(snapshot, someSettings).actions.map((action) => {
      if (action.type === "apply-hub") return `${(action.object.spec as { replicas: number }).replicas} replicas`;
      return action.type === "delete-hub" ? `no ${action.kind.kind}` : action.type;
    });
    expect(told).toEqual(want);
  });
});

it("a job whose time to live is over loses its workers also while its deletion is refused", () => {
  const job = withPlacements(withConditions(aJob({ ttlSecondsAfterFinished: 0 }), terminal.Complete), aPlacement());
  const seats = [aSeat(job, 0, { activePods: 1 }), aSeat(job, 1)];
  const plan = decide(aSnapshot({ job, seats, completionMs: someTimeMs - 100 }), someSettings);
  expect(plan.actions.map(({ type }) => type)).toEqual(["finish-job", "delete-job"]);
  expect(plan.record.placements).toMatchObject([{ participant: "aws", state: "Leaving" }]);
});
