import { describe, expect, it } from "vitest";
import type { AggregatorReport, Condition } from "../snapshot.ts";
import {
  aJob,
  aPlacement,
  aReport,
  aSnapshot,
  someSettings,
  someTimeMs,
  withPlacements,
} from "../testing/a-snapshot.ts";
import { decide } from "./index.ts";

const window = { from: 5, through: 5, attempt: 1, evaluateOnly: false };
const lost = { reason: "QuorumNotReached", message: "1 of 2 workers reported, quorum is 2" };
const { parties } = aReport();
const troubled = parties.map((party) => ({ ...party, problem: { reason: "LossNotFinite", message: "NaN" } }));

/** What is said of a round whose first attempt closed empty, while the second is at work. */
function progressing(changes: Partial<AggregatorReport>): Condition | undefined {
  const again = { window, round: 5, attempt: 2, stage: "Training", failedRounds: 1, problem: lost };
  const report = aReport({ ...again, ...changes });
  const job = withPlacements(aJob(), aPlacement(), aPlacement({ participant: "gcp", cluster: "gcp-1" }));
  const aggregator = { state: "heard", heardMs: someTimeMs, report } as const;
  return decide(aSnapshot({ job, aggregator }), someSettings).conditions.find(({ type }) => type === "Progressing");
}

describe("a round that is tried again", () => {
  it("advances, and says why it is tried again, whoever was lost in the attempt before", () => {
    expect(progressing({})).toEqual({
      type: "Progressing",
      status: "True",
      reason: "RoundStarted",
      message: "round 5 is training again (attempt 2): 1 of 2 workers reported, quorum is 2",
    });
  });

  it.each(["ReportRefused", "SumDamaged"])("advances after an attempt that ended with %s", (reason) => {
    expect(progressing({ problem: { reason, message: "x" } })?.status).toBe("True");
  });

  it.each<[string, Partial<AggregatorReport>, string]>([
    ["its next attempt waits for workers", { stage: "Selecting", attempt: 1 }, "QuorumNotReached"],
    ["its workers have not answered", { stage: "Sharing" }, "QuorumNotReached"],
    ["its workers name a trouble of their own", { parties: troubled }, "QuorumNotReached"],
    ["a deadline closed the attempt before", { isDeadlineMissed: true }, "DeadlineTooShort"],
    ["a volume is full", { problem: { reason: "StorageFull", message: "claim models is full" } }, "StorageFull"],
  ])("does not advance while %s", (_what, changes, reason) => {
    expect(progressing(changes)).toMatchObject({ status: "False", reason });
  });
});
