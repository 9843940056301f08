import { synchronousOf } from "@tributary/contracts/fields";
import { describe, expect, it } from "vitest";
import type { AggregatorReport, JobSnapshot, SeatObservation } from "../snapshot.ts";
import { renderClusters } from "../status/clusters.ts";
import { aJob, anEvaluation, aReport, aSeat, aSnapshot, someSettings, someTimeMs } from "../testing/a-snapshot.ts";
import { decide } from "./index.ts";

const [ofAws, ofGcp] = aReport().parties;
const quorumOf = (quorum: number) => ({ synchronous: { ...synchronousOf(aJob().spec), quorum } });

interface Given {
  readonly quorum: number;
  readonly report: Partial<AggregatorReport>;
  readonly seat: Partial<SeatObservation>;
  readonly more: Partial<JobSnapshot>;
}

/** A job of two workers of which that of aws ended with exit code 0. */
function given({ quorum = 2, report = {}, seat = {}, more = {} }: Partial<Given> = {}): JobSnapshot {
  const job = aJob({ schedule: quorumOf(quorum) });
  const aggregator = {
    state: "heard",
    heardMs: someTimeMs,
    report: aReport({ parties: [ofGcp!], ...report }),
  } as const;
  const ended = aSeat(job, 0, { hasBatchJob: true, completedIndexes: [0], blockedIndexes: [], ...seat });
  return aSnapshot({ job, seats: [ended, aSeat(job, 1, { hasBatchJob: true })], aggregator, ...more });
}

const saidOf = (snapshot: JobSnapshot, type: string) =>
  decide(snapshot, someSettings).conditions.find((condition) => condition.type === type);
const cause = "worker 0 ended with exit code 0 before the job was over";

describe("a worker that ended with exit code 0 before the job was over", () => {
  it("fails the job when the quorum cannot be reached without it", () => {
    const failed = saidOf(given(), "Failed");
    expect(failed).toMatchObject({ status: "True", reason: "WorkerFailed" });
    expect(failed?.message).toContain(
      `1 workers are left and the quorum is 2; participant aws (cluster aws-1): ${cause}`,
    );
  });

  it("is told of as lost when the quorum is there without it", () => {
    const snapshot = given({ quorum: 1 });
    expect(saidOf(snapshot, "Failed")).toBeUndefined();
    for (const [type, status] of [
      ["Degraded", "True"],
      ["ClustersReady", "True"],
    ] as const)
      expect(saidOf(snapshot, type)).toMatchObject({ status, message: expect.stringContaining(cause) });
    expect(renderClusters(snapshot)[0]).toMatchObject({ state: "Failed", reason: "WorkerFailed" });
  });

  it("counts beside those that failed for good", () => {
    const participants = [{ ...aJob().spec.participants[0]!, workers: 3 }];
    const job = aJob({ participants, schedule: quorumOf(2) });
    const seat = aSeat(job, 0, { hasBatchJob: true, failedIndexes: [1], completedIndexes: [0], blockedIndexes: [1] });
    const parties = [{ ...ofAws!, workerIndex: 2 }];
    const failed = saidOf(given({ report: { parties }, more: { job, seats: [seat] } }), "Failed");
    expect(failed?.message).toContain("1 workers are left and the quorum is 2");
  });

  it("is named among many by the first few", () => {
    const participants = [{ ...aJob().spec.participants[0]!, workers: 6 }];
    const job = aJob({ participants, schedule: quorumOf(1) });
    const seat = aSeat(job, 0, { hasBatchJob: true, completedIndexes: [0, 1, 2, 3, 4], blockedIndexes: [] });
    const parties = [{ ...ofAws!, workerIndex: 5 }];
    const told = saidOf(given({ report: { parties }, more: { job, seats: [seat] } }), "Degraded");
    expect(told?.message).toContain("workers 0, 1, 2 and 2 more ended with exit code 0");
  });
});

describe("a worker that ended with exit code 0", () => {
  const evaluated = { committedRounds: 5, ...anEvaluation(5) };
  const ran = { ...aJob(), status: { ...aJob().status, round: { current: 4 } as never } };

  it.each<[string, Partial<Given>]>([
    ["the last model is evaluated", { report: { ...evaluated, output: { isPending: true } } }],
    ["the aggregator, heard before the worker's end, lists it still", { report: { parties: [ofAws!, ofGcp!] } }],
    ["the aggregator cannot be asked just now", { more: { job: ran, aggregator: { state: "absent" } } }],
  ])("ended rightly for all that is known while %s", (_what, changes) => {
    const snapshot = given(changes);
    expect(saidOf(snapshot, "Failed")).toBeUndefined();
    expect(saidOf(snapshot, "Degraded")).toMatchObject({ status: "False" });
  });
});
