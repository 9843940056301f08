import { describe, expect, it } from "vitest";
import type { AggregatorReport, Condition, JobSnapshot, SeatObservation, WorkerName } from "../snapshot.ts";
import { aMaskedJob, aMaskedSnapshot, aStartedSnapshot } from "../testing/a-masked-job.ts";
import { anEvaluation, aReport, someSettings, someTimeMs, withConditions } from "../testing/a-snapshot.ts";
import { decide } from "./index.ts";
import { tellTransitions } from "./transitions.ts";

const full = aMaskedJob([2, 2, 1]);
const job: JobSnapshot["job"] = {
  ...full,
  spec: { ...full.spec, schedule: { synchronous: { ...full.spec.schedule.synchronous!, quorum: 4 } } },
};
const all = [0, 1].flatMap((workerIndex) => ["p0", "p1"].map((participant) => ({ participant, workerIndex })));
const window = { from: 0, through: 0, attempt: 1, evaluateOnly: false };
const spentProblem = { reason: "UnmaskSpent", message: "the sum of 4 workers was announced and not opened" };
const partyOf = (worker: WorkerName) => ({ ...worker, heardAgoMs: 0, clockOffsetMs: 0 });

interface Given {
  readonly report?: Partial<AggregatorReport>;
  readonly seat?: Partial<SeatObservation>;
  readonly of?: JobSnapshot["job"];
}

/** A job of five workers of which the sum of four was announced and given up; the first seat is as given. */
function look({ report, seat, of = job }: Given = {}): JobSnapshot {
  const started = aStartedSnapshot(aMaskedSnapshot([{ workers: 2 }, { workers: 2 }, { workers: 1 }], of), []);
  const said = { stage: "Selecting", window, spent: all, problem: spentProblem, parties: [], ...report };
  return {
    ...started,
    seats: started.seats.map((one, index) => (index === 0 ? { ...one, ...seat } : one)),
    aggregator: { state: "heard", heardMs: someTimeMs, report: aReport(said) },
  };
}

const saidOf = (snapshot: JobSnapshot, type: Condition["type"]) =>
  decide(snapshot, someSettings).conditions.find((condition) => condition.type === type);

const failed = { failedIndexes: [1], podProblem: { reason: "DataMissing", message: "no sample" } };

describe("a job whose announced sum can neither be opened nor repeated", () => {
  it("fails when a worker of the sum failed for good, naming it, why, and what to do", () => {
    const plan = decide(look({ seat: failed }), someSettings);
    const ended = plan.conditions.find(({ type }) => type === "Failed");
    expect(ended).toMatchObject({ status: "True", reason: "UnmaskLost" });
    expect(ended?.message).toMatch(
      /^a sum of 4 workers .*: worker 1 of participant p0 failed for good \(no sample\); create the job anew; with more workers than 4 /u,
    );
    expect(plan.events.filter(({ reason }) => reason === "UnmaskLost")).toHaveLength(1);
    expect(plan.actions).toEqual([]);
  });

  it("fails when a worker of the sum has no seat any more, and says where the last model lies", () => {
    const last = { path: "last/model.safetensors", round: 3, sha256: "00", metric: "" };
    const spent = [...all, { participant: "gone", workerIndex: 0 }, { participant: "p2", workerIndex: 1 }];
    const ended = saidOf(look({ report: { spent, last } }), "Failed");
    expect(ended?.message).toContain(
      "worker 0 of participant gone has no seat in the job any more, worker 1 of participant p2 has",
    );
    expect(ended?.message).toContain(`which may start from ${job.metadata.name}/last/model.safetensors of claim`);
  });

  it("names eight and counts the others", () => {
    const spent = Array.from({ length: 11 }, (_, workerIndex) => ({ participant: "gone", workerIndex }));
    expect(saidOf(look({ report: { spent } }), "Failed")?.message).toContain("any more, and 3 more; ");
  });

  it.each<[string, Given]>([
    ["all of the sum may come back", {}],
    [
      "a worker that failed for good is not of the sum",
      { seat: failed, report: { spent: [all[0]!, all[1]!, all[3]!] } },
    ],
    [
      "the aggregator still lists it",
      { seat: failed, report: { parties: [partyOf({ participant: "p0", workerIndex: 1 })] } },
    ],
    ["there is no such sum", { seat: failed, report: { spent: [] } }],
    ["training is over", { seat: failed, report: anEvaluation(4) }],
    ["its aggregator is suspended with it", { seat: failed, of: { ...job, spec: { ...job.spec, suspend: true } } }],
  ])("does not fail while %s", (_what, given) => {
    expect(saidOf(look(given), "Failed")).toBeUndefined();
  });

  it("is not failed by the word alone of an aggregator of a former spec", () => {
    const problem = { reason: "UnmaskLost", message: "without a seat in the job: worker 1 of p1" };
    const snapshot = look({ report: { problem } });
    expect(saidOf(snapshot, "Failed")).toBeUndefined();
    expect(saidOf(snapshot, "Progressing")).toMatchObject({ status: "False", reason: "UnmaskLost" });
  });
});

describe("a job whose announced sum waits for workers", () => {
  it.each(["Selecting", "Unmasking"])("does not advance in stage %s, and says what to do, by one event", (stage) => {
    const snapshot = look({ report: { stage, attempt: 2 } });
    const progressing = saidOf(snapshot, "Progressing")!;
    expect(progressing).toMatchObject({ status: "False", reason: "UnmaskSpent" });
    expect(progressing.message).toContain("; bring back the workers that it names");
    expect(tellTransitions(snapshot, [progressing])).toMatchObject([{ type: "Warning", reason: "UnmaskSpent" }]);
    const told = { ...snapshot, job: withConditions(snapshot.job, progressing) };
    expect(tellTransitions(told, [progressing])).toEqual([]);
    expect(saidOf(snapshot, "AggregationReady")?.status).toBe("True");
  });

  it("advances while the same workers repeat it", () => {
    const snapshot = look({ report: { stage: "Training", attempt: 2, parties: all.map(partyOf) } });
    expect(saidOf(snapshot, "Progressing")).toMatchObject({ status: "True", reason: "RoundStarted" });
  });
});
