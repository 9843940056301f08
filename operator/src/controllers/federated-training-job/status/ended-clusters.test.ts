import type { FederatedTrainingJob } from "@tributary/contracts";
import { describe, expect, it } from "vitest";
import type { PlacementRecord } from "../plan.ts";
import type { Condition, JobSnapshot, SeatObservation } from "../snapshot.ts";
import { aJob, anEvaluation, aPlacement, aReport, aSeat, aSnapshot, someTimeMs } from "../testing/a-snapshot.ts";
import { renderStatus } from "./status.ts";

type Status = NonNullable<FederatedTrainingJob["status"]>;

const failed = { type: "Failed", status: "True", reason: "WorkerFailed", message: "" } as const;
const complete = { type: "Complete", status: "True", reason: "MaxRounds", message: "" } as const;
const gcp = aPlacement({ participant: "gcp", cluster: "gcp-1" });
const held: PlacementRecord = { placements: [aPlacement(), gcp], unsearchedClusters: [] };
const empty: PlacementRecord = { placements: [], unsearchedClusters: [] };
const running = { hasBatchJob: true, activePods: 1 };
const absent = { state: "absent" } as const;
const away = {
  state: "unreachable",
  problem: { reason: "ClusterUnreachable", message: "no answer" },
  sinceMs: someTimeMs,
  heardMs: someTimeMs - 60_000,
  namespace: "jobs",
} as const;

/** What a status of a job says after a look. */
function look(
  before: Status | undefined,
  condition: Condition,
  record: PlacementRecord,
  changes: Partial<JobSnapshot> & { readonly with?: readonly Partial<SeatObservation>[] } = {},
): Status {
  const { with: observed = [], ...others } = changes;
  const job = { ...aJob(), status: before ?? {} } as FederatedTrainingJob;
  const seats = job.spec.participants.map((_participant, index) => aSeat(job, index, observed[index]));
  const seen = aSnapshot({ job, seats, ...others });
  return { ...renderStatus(seen, [condition], record), ...record } as Status;
}

const window = { from: 0, through: 0, attempt: 1, evaluateOnly: false };
const training = { state: "heard", heardMs: someTimeMs, report: aReport({ window }) } as const;
const crash = { reason: "WorkerFailed", message: "exit code 1" };

describe("the participants of a job that failed", () => {
  const seats = [{ ...running, activePods: 0, failedPods: 2, batchJobFailure: crash }, running];
  const atEnd = look(undefined, failed, held, { aggregator: training, with: seats });

  it("have failed, each with its own trouble, and none is ready", () => {
    expect(atEnd.clustersSummary).toBe("0/2");
    expect(atEnd.clusters).toMatchObject([
      { participant: "aws", state: "Failed", active: 0, failed: 2, ...crash },
      { participant: "gcp", state: "Failed", ready: 1, active: 1, reason: "Finished" },
    ]);
  });

  it("count their workers until they are removed, and none after", () => {
    const leaving = look(atEnd, failed, held, { aggregator: absent, with: [{}, running] });
    expect(leaving.clusters?.[1]).toMatchObject({ ready: 0, active: 1 });
    const gone = look(leaving, failed, empty, { aggregator: training, with: [{}, running] });
    expect(gone.clusters).toMatchObject([
      { participant: "aws", state: "Failed", ready: 0, active: 0, failed: 2, ...crash },
      { participant: "gcp", state: "Failed", ready: 0, active: 0, failed: 0 },
    ]);
    const hourLater = { nowMs: someTimeMs + 3_600_000, aggregator: absent };
    expect(look(gone, failed, empty, hourLater)).toEqual(gone);
  });

  it("say how many of their workers failed for good where nothing tells why", () => {
    const seats = [{ ...running, failedIndexes: [0] }, running];
    const silent = look(undefined, failed, held, { aggregator: training, with: seats });
    const told = { reason: "WorkerFailed", message: "1 of 1 workers failed for good" };
    expect(silent.clusters?.[0]).toMatchObject(told);
    expect(look(silent, failed, empty, { aggregator: absent }).clusters?.[0]).toMatchObject(told);
  });

  it("are counted on as they were while the member does not answer", () => {
    const unknown = look(atEnd, failed, held, { aggregator: absent, with: [{}, { member: away }] });
    expect(unknown.clusters?.[1]).toMatchObject({ state: "Failed", active: 1 });
    const unsearched = { placements: [], unsearchedClusters: ["gcp-1"] };
    const lost = look(unknown, failed, unsearched, { aggregator: absent, with: [{}, { member: away }] });
    expect(lost.clusters?.[1]).toMatchObject({ active: 1 });
  });

  it("get their end also where an earlier version left what they did last", () => {
    const old = { ...atEnd, clustersSummary: "1/2", clusters: [{ ...atEnd.clusters![1]!, state: "Training" }] };
    const now = look(old, failed, empty, { aggregator: absent });
    expect(now.clusters).toMatchObject([{ participant: "gcp", state: "Failed", ready: 0, active: 0 }]);
    expect(now.clustersSummary).toBe("0/1");
  });
});

describe("the participants of a job that is complete", () => {
  const trained = { state: "heard", heardMs: someTimeMs, report: aReport(anEvaluation(4)) } as const;

  it("have succeeded, and stay so when nothing of them is left", () => {
    const atEnd = look(undefined, complete, held, { aggregator: training, with: [running, running] });
    const gone = look(atEnd, complete, empty, { aggregator: absent });
    for (const status of [atEnd, gone]) expect(status.clustersSummary).toBe("2/2");
    expect(gone.clusters).toMatchObject([
      { participant: "aws", state: "Succeeded", ready: 0, active: 0 },
      { participant: "gcp", state: "Succeeded", ready: 0, active: 0 },
    ]);
    expect(gone.clusters?.[0]).not.toHaveProperty("reason");
    expect(look(gone, complete, empty, { aggregator: absent })).toEqual(gone);
  });

  it("are lost while their member does not answer, and no longer than they may have workers there", () => {
    const atEnd = look(undefined, complete, held, { aggregator: trained, with: [running, { member: away }] });
    expect(atEnd.clusters?.[1]).toMatchObject({ state: "Lost", reason: "ClusterUnreachable" });
    const stillAway = look(atEnd, complete, held, { aggregator: absent, with: [running, { member: away }] });
    expect(stillAway.clusters?.[1]).toMatchObject({ state: "Lost", reason: "ClusterUnreachable" });
    const back = look(stillAway, complete, held, { aggregator: absent, with: [running, running] });
    expect(back.clusters?.[1]).toMatchObject({ state: "Succeeded", active: 1 });
    expect(back.clusters?.[1]).not.toHaveProperty("reason");
    const again = look(back, complete, held, { aggregator: absent, with: [running, { member: away }] });
    expect(again.clusters).toEqual(back.clusters);
  });
});
