import { TributaryError } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import type { Condition } from "../snapshot.ts";
import { aJob, withConditions } from "../testing/a-snapshot.ts";
import { renderTrouble, withTrouble } from "./tell-trouble.ts";

const now = "2027-01-15T08:00:00.000Z";
const forbidden = new TributaryError("FORBIDDEN", "secrets is forbidden");
const away = new TributaryError("API_UNAVAILABLE", "no answer");
const over = { type: "Progressing", status: "False", reason: "MaxRounds", message: "the job is complete" } as const;

describe("a job that cannot be looked at", () => {
  it.each<[string, Condition, string]>([
    ["complete", { type: "Complete", status: "True", reason: "MaxRounds", message: "" }, "Completed"],
    ["failed", { type: "Failed", status: "True", reason: "WorkerFailed", message: "" }, "Failed"],
  ])("says so also when it is %s, and stays so", (_what, terminal, phase) => {
    const ended = withConditions(aJob(), terminal, over);
    const job = { ...ended, status: { ...ended.status, completionTime: now, clustersSummary: "2/2" } };
    const status = renderTrouble(job, forbidden, 0, now);
    expect(status).toMatchObject({ phase, completionTime: now, clustersSummary: "2/2" });
    expect(status?.conditions).toMatchObject([
      { type: terminal.type, status: "True", reason: terminal.reason },
      { type: "Progressing", status: "False", reason: "RBACDenied" },
    ]);
    expect(renderTrouble({ ...job, status } as typeof job, forbidden, 7, "2027-01-15T09:00:00.000Z")).toEqual(status);
  });

  it("says nothing of what may pass until it has lasted, and then goes on saying it", () => {
    const job = withConditions(aJob(), over);
    expect(renderTrouble(job, away, 4, now)).toBeUndefined();
    const told = renderTrouble(job, away, 5, now);
    expect(told?.conditions).toMatchObject([{ reason: "ApiUnavailable" }]);
    expect(renderTrouble({ ...job, status: told } as typeof job, away, 0, now)).toEqual(told);
  });
});

it("a trouble takes the place of the condition of its type alone", () => {
  const trouble = { ...over, reason: "RBACDenied" };
  const ready = { ...over, type: "ClustersReady" } as const;
  expect(withTrouble([over, ready], trouble)).toEqual([ready, trouble]);
  expect(withTrouble([over, ready], undefined)).toEqual([over, ready]);
});
