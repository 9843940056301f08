import { validateFederatedTrainingJob } from "@tributary/contracts";
import { horizontal } from "@tributary/federated";
import { describe, expect, it } from "vitest";
import type { JobSnapshot } from "../snapshot.ts";
import {
  aJob,
  aPlacement,
  aReport,
  aRound,
  aSeat,
  aSnapshot,
  someTimeMs,
  withConditions,
  withPlacements,
} from "../testing/a-snapshot.ts";
import { renderStatus } from "./status.ts";
import { pruneRounds, updateRounds } from "./training-rounds.ts";

const progressing = {
  type: "Progressing",
  status: "True",
  reason: "RoundStarted",
  message: "round 2 is training",
} as const;

function running(changes: Partial<JobSnapshot> = {}): JobSnapshot {
  const history = [aRound(0, 2), aRound(1, 2, { metrics: { validation_loss: "2.9000000123" } })];
  const report = aReport({
    committedRounds: 2,
    round: 2,
    stage: "Training",
    phase: "Train",
    window: { from: 2, through: 3, attempt: 1, evaluateOnly: false },
    history,
    best: { path: "best/model.safetensors", round: 2, sha256: "cc", metric: "2.9" },
    verdict: { stop: false, reason: "", best: "2.9000000123", bestRound: 1, roundsWithoutImprovement: 0 },
    totals: { bytesUp: 20, bytesDown: 40, initialMetrics: { validation_loss: "3" } },
  });
  return aSnapshot({ aggregator: { state: "heard", heardMs: someTimeMs, report }, ...changes });
}

describe("the status of a job", () => {
  it("says where the run is, in numbers that people read", () => {
    expect(renderStatus(running(), [progressing])).toMatchObject({
      phase: "Training",
      round: { current: 2, committed: 2, stage: "Training", phase: "Train", summary: "2/5" },
      metrics: [{ name: "validation_loss", value: "2.9", round: 1 }],
      convergence: { last: "2.9", best: "2.9", bestRound: 1, initial: "3" },
      bytes: { up: 20, down: 40 },
      checkpoint: { uri: "pvc://models/notes/best/model.safetensors", round: 2, sha256: "cc" },
      clustersSummary: "2/2",
    });
  });

  it("stays the same when nothing changed, so that nothing is written", () => {
    const first = renderStatus(running(), [progressing]);
    const again = renderStatus(running({ job: { ...aJob(), status: first }, nowMs: someTimeMs + 4_000 }), [
      progressing,
    ]);
    expect(again).toEqual(first);
  });

  it("moves the transition time of a condition only when its status changes", () => {
    const job = withConditions(aJob(), { ...progressing, message: "round 1" });
    const kept = renderStatus(running({ job }), [progressing]).conditions;
    expect(kept).toMatchObject([
      { type: "Progressing", message: "round 2 is training", lastTransitionTime: "2027-01-15T08:00:00.000Z" },
    ]);
    const moved = renderStatus(running({ job }), [{ ...progressing, status: "False" }]).conditions;
    expect(moved?.[0]?.lastTransitionTime).toBe(new Date(someTimeMs).toISOString());
  });

  it("names no phase any more once no window is open", () => {
    const job = { ...aJob(), status: renderStatus(running(), [progressing]) };
    const aggregator = { state: "heard", heardMs: someTimeMs, report: aReport({ committedRounds: 3 }) } as const;
    expect(renderStatus(running({ job, aggregator }), [progressing]).round).toEqual({
      current: 0,
      committed: 3,
      failed: 0,
      stage: "Idle",
      summary: "3/5",
    });
  });

  it("keeps what it knows of the run while the aggregator does not answer", () => {
    const first = renderStatus(running(), [progressing]);
    const lost = renderStatus(
      running({ job: { ...aJob(), status: first }, aggregator: { state: "unreachable", message: "gone" } }),
      [],
    );
    expect(lost.round).toEqual(first.round);
  });

  it("keeps what a finished job said of its run, though aggregator and workers are gone", () => {
    const complete = { type: "Complete", status: "True", reason: "MaxRounds", message: "" } as const;
    const ended = renderStatus(running(), [complete]);
    const later = renderStatus(running({ job: { ...aJob(), status: ended }, aggregator: { state: "absent" } }), []);
    expect(ended.completionTime).toBe(new Date(someTimeMs).toISOString());
    expect(later).toEqual(ended);
  });

  it("shows a member that does not answer as lost, with when it was last heard", () => {
    const job = aJob();
    const problem = { reason: "ClusterUnreachable", message: "no answer" };
    const lost = aSeat(job, 0, {
      member: { state: "unreachable", problem, sinceMs: someTimeMs, heardMs: someTimeMs - 60_000, namespace: "jobs" },
    });
    const [cluster] = renderStatus(running({ job, seats: [lost, aSeat(job, 1)] }), []).clusters ?? [];
    expect(cluster).toMatchObject({
      state: "Lost",
      reason: "ClusterUnreachable",
      observedTime: new Date(someTimeMs - 60_000).toISOString(),
    });
  });

  it("is not written because a member was heard again, but when the member is lost", () => {
    const first = renderStatus(running(), [progressing]);
    const job = { ...aJob(), status: first };
    const heardAt = (heardMs: number, state: "reachable" | "unreachable") => {
      const problem = { reason: "ClusterUnreachable", message: "no answer" };
      const member =
        state === "reachable"
          ? ({ state, heardMs, namespace: "jobs", gateCaPem: "gate CA" } as const)
          : ({ state, heardMs, problem, sinceMs: heardMs, namespace: "jobs" } as const);
      return renderStatus(running({ job, seats: [aSeat(job, 0, { member }), aSeat(job, 1)] }), [progressing]);
    };
    expect(heardAt(someTimeMs + 600_000, "reachable")).toEqual(first);
    expect(heardAt(someTimeMs + 600_000, "unreachable").clusters?.[0]).toMatchObject({
      state: "Lost",
      observedTime: new Date(someTimeMs + 600_000).toISOString(),
    });
  });

  it.each([
    [30_000, "30 s ahead of"],
    [-61_000, "61 s behind"],
    [900, undefined],
  ])("shows a worker's clock that is off by %i ms, and only a large offset", (clockOffsetMs, part) => {
    const parties = [
      { participant: "aws", workerIndex: 0, heardAgoMs: 0, clockOffsetMs },
      { participant: "gcp", workerIndex: 0, heardAgoMs: 0, clockOffsetMs: 0 },
    ];
    const aggregator = { state: "heard", heardMs: someTimeMs, report: aReport({ parties }) } as const;
    const [aws, gcp] = renderStatus(running({ aggregator }), []).clusters ?? [];
    expect(gcp?.reason).toBeUndefined();
    if (part === undefined) expect(aws?.reason).toBeUndefined();
    else expect(aws).toMatchObject({ reason: "ClockOffset", message: expect.stringContaining(part) });
  });

  it("cuts visibly what it has no room for", () => {
    const metrics = Object.fromEntries(Array.from({ length: 40 }, (_none, index) => [`metric_${index}`, "1"]));
    const report = aReport({ history: [aRound(0, 1, { metrics })], committedRounds: 1 });
    const job = aJob();
    const podProblem = { reason: "WorkerFailed", message: "x".repeat(2000) };
    const status = renderStatus(
      running({ job, seats: [aSeat(job, 0, { podProblem })], aggregator: { state: "heard", heardMs: 1, report } }),
      [{ ...progressing, message: "y".repeat(2000) }],
    );
    expect(status.metrics?.at(-1)).toMatchObject({ name: "…", value: "and 9 more" });
    expect(status.metrics).toHaveLength(32);
    expect(status.clusters?.[0]?.message).toMatch(/^x{299}…$/u);
    expect(status.conditions?.[0]?.message).toMatch(/^y{1023}…$/u);
  });

  it("does not print Rejected while rounds advance", () => {
    const rejected = { type: "Accepted", status: "False", reason: "ClusterNotFound", message: "" } as const;
    expect(renderStatus(running(), [rejected, progressing]).phase).toBe("Training");
    expect(renderStatus(running(), [rejected]).phase).toBe("Rejected");
  });

  it("fits into 64 KiB with a hundred clusters that all have long problems", () => {
    const job = aJob({}, { uid: "u".repeat(36) });
    job.spec.participants = Array.from({ length: 100 }, (_none, index) => ({
      name: `p${index}`,
      cluster: `cluster-${index}`.padEnd(63, "x"),
      role: "Trainer" as const,
      workers: 256,
    }));
    const problem = { reason: "ClusterUnreachable", message: "y".repeat(2000) };
    const seats = job.spec.participants.map((_participant, index) =>
      aSeat(job, index, { member: { state: "unreachable", problem, sinceMs: 1, heardMs: 1 } }),
    );
    const conditions = ["Accepted", "ClustersReady", "Degraded", "Progressing"].map(
      (type) => ({ ...progressing, type, message: "z".repeat(5000) }) as never,
    );
    const placements = job.spec.participants.map(({ name, cluster }) =>
      aPlacement({ participant: name, cluster, jobUid: "u".repeat(36), clusterUid: "c".repeat(36) }),
    );
    const recorded = withPlacements(job, ...placements);
    expect(JSON.stringify(renderStatus(running({ job: recorded, seats }), conditions)).length).toBeLessThan(64 * 1024);
  });
});

describe("the disclosures of a job", () => {
  const accepted = { type: "Accepted", status: "True", reason: "Valid", message: "" } as const;
  const rejected = { ...accepted, status: "False", reason: "SpecInvalid" } as const;
  const unheard = (job = aJob()) => aSnapshot({ job, aggregator: { state: "absent" } });

  it("are told at acceptance, before an aggregator runs, as the recipe says them", () => {
    const { disclosures } = renderStatus(unheard(), [accepted]);
    expect(disclosures).toEqual(horizontal.disclosures({ masks: undefined }));
    expect(disclosures?.map(({ set, role, disclosure }) => `${role} ${set} ${disclosure}`)).toEqual([
      "Trainer update SumOnly",
      "Trainer training SumOnly",
      "Trainer evaluation SumOnly",
    ]);
  });

  it("say that nobody hides a worker's own report while there are no masks", () => {
    for (const { meaning } of renderStatus(unheard(), [accepted]).disclosures ?? [])
      expect(meaning).toContain("a hub admin can read each worker's summand");
  });

  it("say of masks how many workers of how many organisations are in what is opened", () => {
    const told = (asked: object) => {
      const job = aJob({ privacy: { secureAggregation: { protocol: "Masking", ...asked } } });
      const { disclosures } = renderStatus(unheard(job), [accepted]);
      return new Set(disclosures?.map(({ meaning }) => /at least .* in it/u.exec(meaning)?.[0]));
    };
    expect(told({})).toEqual(new Set(["at least 3 workers of at least 2 organisations in it"]));
    expect(told({ minOrganisations: 3, threshold: 5 })).toEqual(
      new Set(["at least 5 workers of at least 3 organisations in it"]),
    );
  });

  it("are none of a job that was never accepted", () => {
    expect(renderStatus(unheard(), [rejected])).not.toHaveProperty("disclosures");
  });

  it("stay while a later spec is not accepted, and nothing is written for them again", () => {
    const first = renderStatus(unheard(), [accepted]);
    expect(renderStatus(unheard({ ...aJob(), status: first }), [accepted])).toEqual(first);
    const later = renderStatus(unheard({ ...aJob(), status: first }), [rejected]);
    expect(later.disclosures).toEqual(first.disclosures);
  });

  it("of a job that is over are what they were while it ran", () => {
    const before = [{ set: "update", role: "Trainer", disclosure: "SumOnly", meaning: "as an earlier version said" }];
    const status = { ...aJob().status, completionTime: new Date(someTimeMs).toISOString(), disclosures: before };
    expect(renderStatus(unheard({ ...aJob(), status }), [accepted]).disclosures).toEqual(before);
  });

  it("fit the schema of the status", () => {
    const whole = { ...structuredClone(aJob()), status: renderStatus(unheard(), [accepted]) };
    expect([validateFederatedTrainingJob(whole), validateFederatedTrainingJob.errors]).toEqual([true, null]);
  });
});

describe("TrainingRounds", () => {
  const window = (from: number, through: number, status?: object) => ({
    metadata: { name: `notes-r${from}`, namespace: "research" },
    spec: {
      jobName: "notes",
      jobUid: "job-uid",
      from,
      through,
      attempt: 1,
      quorum: 2,
      deadline: "10m",
      localSteps: 3,
      evaluateOnly: false,
    },
    ...(status === undefined ? {} : { status }),
  });

  it("get their outcome from the ledger, once", () => {
    const [update, ...rest] = updateRounds(running({ rounds: [window(0, 1)] }));
    expect(rest).toEqual([]);
    expect(update).toMatchObject({
      seen: { metadata: { name: "notes-r0" } },
      status: { phase: "Committed", committed: 2, bytesUp: 20, metric: "2.9", seconds: "2.0" },
    });
    expect(updateRounds(running({ rounds: [window(0, 1, update?.status)] }))).toEqual([]);
  });

  it("say that they are open while they are", () => {
    expect(updateRounds(running({ rounds: [window(2, 3)] }))).toMatchObject([
      { status: { phase: "Open", stage: "Training", committed: 0 } },
    ]);
  });

  it("keep their numbers once they are closed, when later rounds push their entries out of what is remembered", () => {
    const closed = { phase: "Committed", committed: 100, bytesUp: 1000, completionTime: "2027-01-01T00:00:00.000Z" };
    const history = Array.from({ length: 100 }, (_none, index) => aRound(index + 60, 0.1));
    const report = aReport({
      history,
      committedRounds: 160,
      window: { from: 100, through: 199, attempt: 1, evaluateOnly: false },
    });
    const later = running({
      aggregator: { state: "heard", heardMs: someTimeMs, report },
      rounds: [window(0, 99, closed), window(50, 99, { phase: "Open", committed: 30, bytesUp: 900 })],
    });
    expect(updateRounds(later)).toMatchObject([{ status: { phase: "Committed", committed: 50, bytesUp: 900 } }]);
  });

  it("are closed when all of them was committed while nobody looked", () => {
    const report = aReport({ history: [aRound(300, 1)], committedRounds: 301 });
    const later = running({ aggregator: { state: "heard", heardMs: someTimeMs, report }, rounds: [window(0, 9)] });
    expect(updateRounds(later)).toMatchObject([
      { status: { phase: "Committed", committed: 10, completionTime: expect.stringMatching(/Z$/u) } },
    ]);
  });

  it("go beyond the limit, oldest first, and never while they are open", () => {
    const closed = [0, 1, 2, 3].map((from) => window(from, from, { completionTime: "2027-01-15T08:00:00.000Z" }));
    const snapshot = running({ job: aJob({ roundHistoryLimit: 2 }), rounds: [...closed.reverse(), window(4, 4)] });
    expect(pruneRounds(snapshot).map(({ metadata }) => metadata.name)).toEqual(["notes-r0", "notes-r1"]);
  });
});
