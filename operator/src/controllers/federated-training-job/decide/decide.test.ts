import { describe, expect, it } from "vitest";
import type { Action, Plan } from "../plan.ts";
import type { AggregatorReport, JobSnapshot, SeatObservation } from "../snapshot.ts";
import {
  aJob,
  anEvaluation,
  aPlacement,
  aReport,
  aRound,
  aSeat,
  aSnapshot,
  someSettings,
  someTimeMs,
  withConditions,
  withPlacements,
} from "../testing/a-snapshot.ts";
import { decide } from "./index.ts";

const kinds = (plan: Plan): string[] => plan.actions.map((action) => action.type);
const condition = (plan: Plan, type: string) => plan.conditions.find((one) => one.type === type);
const states = (plan: Plan): string[] => plan.record.placements.map(({ state }) => state);
const ofType = <T extends Action["type"]>(plan: Plan, type: T) =>
  plan.actions.filter((action): action is Extract<Action, { type: T }> => action.type === type);

function heard(report: Parameters<typeof aReport>[0]): JobSnapshot["aggregator"] {
  return { state: "heard", heardMs: someTimeMs, report: aReport(report) };
}

/** The parties of a round of which each was cut off by the deadline. */
const lateParties = aReport().parties.map((party) => ({
  ...party,
  problem: { reason: "DeadlineExceeded", message: "the round's deadline passed" },
}));

/** The look that comes once the conditions of the one before are on record, while the workers run. */
function afterwards({ conditions }: Plan): Plan {
  const snapshot = placed(aSnapshot({ job: withConditions(aJob(), ...conditions) }));
  return decide({ ...snapshot, completionMs: someTimeMs }, someSettings);
}

/** The job as it is once its seats were recorded and made. */
function placed(snapshot: JobSnapshot): JobSnapshot {
  const { job } = snapshot;
  const placements = job.spec.participants.map(({ name, cluster }) => aPlacement({ participant: name, cluster }));
  const seats = snapshot.seats.map((seat) => ({ ...seat, hasBatchJob: true, activePods: 1 }));
  return { ...snapshot, job: withPlacements(job, ...placements), seats };
}

describe("a job that starts", () => {
  it("gets its finalizer before anything is placed", () => {
    const job = aJob({}, { finalizers: [] });
    const plan = decide(aSnapshot({ job }), someSettings);
    expect(kinds(plan)[0]).toBe("add-finalizer");
    expect(plan.record.placements).toEqual([]);
  });

  it("gets certificates before the aggregator, and no worker before both", () => {
    const snapshot = aSnapshot({ hub: { missingClaims: [], readyReplicas: 0 }, aggregator: { state: "absent" } });
    const plan = decide(snapshot, someSettings);
    expect(kinds(plan)).toEqual(["ensure-certificates", "apply-hub", "apply-hub"]);
    const next = aSnapshot({ hub: { ...aSnapshot().hub, replicas: 0 }, aggregator: { state: "absent" } });
    expect(ofType(decide(next, someSettings), "apply-hub").map(({ kind }) => kind.kind)).toEqual([
      "ConfigMap",
      "Service",
      "StatefulSet",
    ]);
    expect(condition(plan, "AggregationReady")).toMatchObject({ status: "False", reason: "AggregatorNotReady" });
  });

  it("starts no aggregator and places no worker on a claim that is not the job's, and says whose it is", () => {
    const ledgerProblem = { reason: "NameTaken", message: "PersistentVolumeClaim x exists and is not ours" };
    const hub = { ...aSnapshot().hub, replicas: 0, ledgerProblem };
    const plan = decide(aSnapshot({ hub, aggregator: { state: "absent" } }), someSettings);
    expect(ofType(plan, "apply-hub").map(({ kind }) => kind.kind)).toEqual(["ConfigMap", "Service"]);
    expect(condition(plan, "AggregationReady")).toMatchObject({ status: "False", ...ledgerProblem });
    expect(plan.record.placements).toEqual([]);
    expect(plan.requeueAfterMs).toBeLessThanOrEqual(2_000);
  });

  it("opens a first window of one round and says so once", () => {
    const plan = decide(placed(aSnapshot()), someSettings);
    expect(ofType(plan, "open-window").map((action) => action.window)).toEqual([
      { from: 0, through: 0, attempt: 1, evaluateOnly: false },
    ]);
    expect(plan.events.map((event) => event.reason)).toContain("RoundStarted");
    expect(condition(plan, "Progressing")).toMatchObject({ status: "True" });
  });

  it("says that nothing is hidden from the hub without masks", () => {
    expect(condition(decide(aSnapshot(), someSettings), "PeerPrivacy")).toMatchObject({
      status: "False",
      reason: "SecureAggregationOff",
    });
  });
});

describe("what is missing", () => {
  const job = aJob();
  const seat = aSeat(job, 0);
  it.each<[string, Partial<JobSnapshot>, string, string]>([
    [
      "a claim",
      { hub: { missingClaims: ["models"], readyReplicas: 0 }, aggregator: { state: "absent" } },
      "ClaimNotFound",
      "models",
    ],
    ["a cluster", { seats: [{ ...seat, member: { state: "missing" } }] }, "ClusterNotFound", "aws-1"],
    [
      "a mapped namespace",
      { seats: [{ ...seat, member: { state: "reachable", heardMs: 1, gateCaPem: "x" } }] },
      "NamespaceNotMapped",
      "research",
    ],
    [
      "a gate CA",
      { seats: [{ ...seat, member: { state: "reachable", heardMs: 1, namespace: "jobs" } }] },
      "GateNotRegistered",
      "kubectl tributary join",
    ],
    [
      "a gate CA that can be read",
      { seats: [{ ...seat, member: { state: "reachable", heardMs: 1, namespace: "jobs", gateCaExpected: "PEM" } }] },
      "GateCaInvalid",
      "spec.gate.caBundle of MemberCluster aws-1 must be PEM",
    ],
    [
      "a runtime",
      { seats: [{ ...seat, template: { state: "runtime-missing", offered: ["tfjs"] } }] },
      "RuntimeNotFound",
      "name one that is offered (tfjs) in spec.trainer.runtime",
    ],
    [
      "a runtime that the participant alone names",
      {
        seats: [
          {
            ...seat,
            participant: { ...seat.participant, runtime: "pytorch" },
            template: { state: "runtime-missing", offered: ["tfjs"] },
          },
        ],
      },
      "RuntimeNotFound",
      "runtime pytorch is not offered in namespace jobs; name one that is offered (tfjs) in spec.participants[].runtime, or",
    ],
    [
      "a data set",
      { seats: [{ ...seat, template: { state: "dataset-missing", offered: [] } }] },
      "DatasetNotFound",
      "none is offered: have the member's admin add it",
    ],
  ])("is said when it is %s: no worker, no aggregator", (_what, changes, reason, part) => {
    const { kept: _kept, ...hub } = aSnapshot().hub;
    const plan = decide(aSnapshot({ hub, aggregator: { state: "absent" }, ...changes }), someSettings);
    expect(condition(plan, "Accepted")).toMatchObject({ status: "False", reason });
    expect(condition(plan, "Accepted")?.message).toContain(part);
    expect(plan.actions).toEqual([]);
    expect(plan.requeueAfterMs).toBeLessThanOrEqual(10_000);
  });

  it("does not stop a job that already runs", () => {
    const snapshot = placed(aSnapshot({ job }));
    const plan = decide(
      {
        ...snapshot,
        seats: snapshot.seats.map((one) => ({ ...one, template: { state: "runtime-missing", offered: [] } as const })),
      },
      someSettings,
    );
    expect(condition(plan, "Accepted")?.status).toBe("False");
    expect(kinds(plan)).toContain("open-window");
  });

  it("is not asked of a member that does not answer", () => {
    const problem = { reason: "ClusterUnreachable", message: "it does not answer" };
    const lost = {
      ...seat,
      member: { state: "unreachable" as const, problem, sinceMs: 1, namespace: "jobs", gateCaPem: "x" },
      template: { state: "unknown" as const },
    };
    const plan = decide(
      aSnapshot({ job, seats: [lost, aSeat(job, 1)], aggregator: { state: "absent" } }),
      someSettings,
    );
    expect(condition(plan, "Accepted")?.status).toBe("True");
    expect(condition(plan, "Degraded")).toMatchObject({ status: "True", reason: "ClusterLost" });
    expect(condition(plan, "ClustersReady")).toMatchObject({ status: "False", reason: "ClusterUnreachable" });
    expect(plan.record.placements.map(({ cluster }) => cluster)).toEqual(["gcp-1"]);
  });

  it.each([
    ["says nothing new of a member that was lost before", "True", undefined],
    ["calls no member lost that it has not heard yet", undefined, "False"],
  ] as const)("%s while an operator that has just started connects", (_what, before, after) => {
    const problem = { reason: "Connecting", message: "it is being connected" };
    const connecting = {
      ...seat,
      member: { state: "unreachable" as const, problem, sinceMs: 1, namespace: "jobs", gateCaPem: "x" },
      template: { state: "unknown" as const },
    };
    const degraded = { type: "Degraded", status: "True", reason: "ClusterLost", message: "" } as const;
    const known = before === undefined ? job : withConditions(job, degraded);
    const plan = decide(
      aSnapshot({ job: known, seats: [connecting, aSeat(job, 1)], aggregator: { state: "absent" } }),
      someSettings,
    );
    expect(condition(plan, "Degraded")?.status).toBe(after);
    expect(plan.events.filter(({ reason }) => reason === "ClusterLost")).toEqual([]);
  });
});

describe("a spec that an aggregator or a trainer would refuse", () => {
  const wrong = { strategy: { name: "FedAvg", parameters: { momentum: "0.9", serverLearningRate: "NaN" } } } as const;

  it("is not accepted, field by field, and nothing is made for it", () => {
    const { kept: _kept, ...hub } = aSnapshot().hub;
    const plan = decide(aSnapshot({ job: aJob(wrong), hub, aggregator: { state: "absent" } }), someSettings);
    expect(condition(plan, "Accepted")).toMatchObject({ status: "False", reason: "SpecInvalid" });
    const message = condition(plan, "Accepted")?.message ?? "";
    expect(message).toContain('spec.strategy.parameters.momentum is "0.9", must be absent');
    expect(message).toContain('spec.strategy.parameters.serverLearningRate is "NaN", must be a decimal');
    expect(plan.actions).toEqual([]);
  });

  it("gives no aggregator another configuration, also when an edit made it so", () => {
    const { actions } = decide(aSnapshot({ job: aJob(wrong) }), someSettings);
    expect(actions.map((action) => (action.type === "apply-hub" ? action.kind.kind : action.type))).toEqual([
      "Service",
    ]);
  });

  it("does not keep the workers of a suspended job", () => {
    const job = aJob({ ...wrong, suspend: true });
    const plan = decide(aSnapshot({ job: withPlacements(job, aPlacement()) }), someSettings);
    expect(condition(plan, "Suspended")?.status).toBe("True");
    expect(states(plan)).toEqual(["Leaving"]);
  });

  it("says of many findings how many more there are", () => {
    const parameters = { a: "1", b: "2", c: "3", d: "4", e: "5" };
    const plan = decide(aSnapshot({ job: aJob({ strategy: { name: "FedAvg", parameters } }) }), someSettings);
    expect(condition(plan, "Accepted")?.message).toMatch(/; and 2 more$/u);
  });
});

describe("what people are told of the workers", () => {
  const job = aJob({
    participants: [
      { name: "aws", cluster: "aws-1", role: "Trainer", workers: 1 },
      { name: "gcp", cluster: "gcp-1", role: "Trainer", workers: 3 },
    ],
  });
  const parties = [0, 1, 2].map((workerIndex) => ({
    participant: "gcp",
    workerIndex,
    heardAgoMs: 0,
    clockOffsetMs: 0,
  }));
  const look = (aws: Partial<SeatObservation>, gcp: Partial<SeatObservation>) =>
    decide(
      aSnapshot({ job, seats: [aSeat(job, 0, aws), aSeat(job, 1, gcp)], aggregator: heard({ parties }) }),
      someSettings,
    );

  it("is the most telling problem of any participant, with the number of the others", () => {
    const message = condition(
      look(
        { podProblem: { reason: "WorkerFailed", message: "exit code 1" } },
        { podProblem: { reason: "DataMissing", message: "no sample" } },
      ),
      "ClustersReady",
    );
    expect(message).toMatchObject({ status: "False", reason: "DataMissing" });
    expect(message?.message).toBe(
      "participant gcp (cluster gcp-1): no sample; one other has a problem, see status.clusters",
    );
  });

  it("counts the workers of a seat that no problem holds up, when it holds up one of them", () => {
    const plan = look({}, { podProblem: { reason: "ImagePullFailed", message: "image x" }, blockedIndexes: [2] });
    expect(condition(plan, "ClustersReady")).toMatchObject({
      status: "True",
      message: "2 of 4 workers have joined, the quorum is 2; participant gcp (cluster gcp-1): image x",
    });
    expect(kinds(plan)).toContain("open-window");
  });

  it("keeps the cause of a worker that ended a moment ago, though it runs and joined again; rounds count it", () => {
    const plan = look({}, { recentCause: { reason: "ModelInvalid", message: "no such layer" } });
    expect(condition(plan, "ClustersReady")).toMatchObject({ status: "False", reason: "ModelInvalid" });
    expect(kinds(plan)).toContain("open-window");
  });

  it("is that workers failed for good, also while the quorum is reached", () => {
    const podProblem = { reason: "DataMissing", message: "no sample" };
    const plan = look({}, { failedIndexes: [2], blockedIndexes: [2], podProblem });
    expect(condition(plan, "Degraded")).toMatchObject({
      status: "True",
      reason: "DataMissing",
      message: "participant gcp (cluster gcp-1): 1 of 3 workers failed for good: no sample",
    });
    expect(condition(plan, "Failed")).toBeUndefined();
  });
});

describe("rounds", () => {
  it("wait for the quorum", () => {
    const plan = decide(
      placed(
        aSnapshot({
          aggregator: heard({ parties: [{ participant: "aws", workerIndex: 0, heardAgoMs: 1, clockOffsetMs: 0 }] }),
        }),
      ),
      someSettings,
    );
    expect(ofType(plan, "open-window")).toEqual([]);
    expect(condition(plan, "Progressing")).toMatchObject({ status: "False", reason: "WaitingForWorkers" });
  });

  it("do not count workers whose trainer cannot start, though their sidecars joined", () => {
    const job = aJob();
    const podProblem = { reason: "ImagePullFailed", message: "image x" };
    const plan = decide(
      placed(aSnapshot({ job, seats: [aSeat(job, 0, { podProblem }), aSeat(job, 1)] })),
      someSettings,
    );
    expect(ofType(plan, "open-window")).toEqual([]);
    expect(condition(plan, "ClustersReady")).toMatchObject({ status: "False", reason: "ImagePullFailed" });
  });

  it("are not opened while a window is open", () => {
    const window = { from: 0, through: 0, attempt: 1, evaluateOnly: false };
    const plan = decide(placed(aSnapshot({ aggregator: heard({ window, stage: "Training" }) })), someSettings);
    expect(ofType(plan, "open-window")).toEqual([]);
    expect(condition(plan, "Progressing")?.message).toContain("training");
  });

  it.each([
    ["slow rounds come one at a time", 20, 2, { from: 2, through: 2 }],
    ["quick rounds come as many as fit in ten seconds", 2, 1, { from: 1, through: 4 }],
    ["never more than are left", 0.001, 3, { from: 3, through: 4 }],
  ])("%s", (_what, seconds, committed, want) => {
    const history = Array.from({ length: committed }, (_none, index) => aRound(index, seconds));
    const plan = decide(
      placed(aSnapshot({ aggregator: heard({ committedRounds: committed, history }) })),
      someSettings,
    );
    expect(ofType(plan, "open-window")[0]?.window).toMatchObject({ ...want, evaluateOnly: false });
  });

  it.each([
    ["after the last round", { committedRounds: 5, history: [aRound(4, 1)] }, 5],
    [
      "when the convergence rule says stop",
      {
        committedRounds: 3,
        history: [aRound(2, 1)],
        verdict: { stop: true, reason: "Plateau", best: "2.5", bestRound: 1, roundsWithoutImprovement: 3 },
      },
      3,
    ],
  ])("evaluate the last model %s", (_when, report, round) => {
    const plan = decide(placed(aSnapshot({ aggregator: heard(report) })), someSettings);
    expect(ofType(plan, "open-window").map((action) => action.window)).toEqual([
      { from: round, through: round, attempt: 1, evaluateOnly: true },
    ]);
  });

  it("count lines of the ledger, of which one that only evaluated is no round of the job and no end of it", () => {
    const history = [aRound(0, 1), aRound(1, 1, { outcome: "Evaluated" }), aRound(2, 5)];
    const report = { rounds: 3, committedRounds: 2, history: history.slice(0, 2) };
    const next = (changes: Partial<AggregatorReport>) => {
      const plan = decide(placed(aSnapshot({ aggregator: heard({ ...report, ...changes }) })), someSettings);
      expect(condition(plan, "Complete")).toBeUndefined();
      return ofType(plan, "open-window").map(({ window }) => window);
    };
    const endedWindow = { from: 0, through: 2, attempt: 1, evaluateOnly: false };
    expect(next({ endedWindow })).toMatchObject([{ from: 3, through: 5, evaluateOnly: false }]);
    expect(next({ endedWindow, rounds: 2, committedRounds: 1 })).toMatchObject([{ from: 2, evaluateOnly: false }]);
    expect(next({ endedWindow, rounds: 6, committedRounds: 5, history })).toMatchObject([
      { from: 6, through: 6, evaluateOnly: true },
    ]);
  });

  it.each([
    ["MaxRounds", { stop: true, reason: "MaxRounds", best: "2.5", bestRound: 4, roundsWithoutImprovement: 0 }],
    ["TargetReached", { stop: true, reason: "TargetReached", best: "1.7", bestRound: 4, roundsWithoutImprovement: 0 }],
    ["Converged", { stop: true, reason: "Plateau", best: "1.7", bestRound: 2, roundsWithoutImprovement: 3 }],
  ])("end the job with reason %s once the last model is evaluated", (reason, verdict) => {
    const plan = decide(
      placed(aSnapshot({ aggregator: heard({ committedRounds: 5, ...anEvaluation(5), verdict }) })),
      someSettings,
    );
    expect(condition(plan, "Complete")).toMatchObject({ status: "True", reason });
    expect(plan.actions.filter(({ type }) => type === "finish-job" || type === "open-window")).toEqual([]);
    expect(ofType(afterwards(plan), "finish-job")).toMatchObject([{ outcome: "Complete" }]);
  });

  it.each([
    ["say that the models are still being written", undefined, { status: "True", reason: "Publishing" }],
    [
      "say why the models cannot be written",
      "last/model.safetensors cannot be written: no space left",
      {
        status: "False",
        reason: "StorageUnavailable",
        message: "last/model.safetensors cannot be written: no space left",
      },
    ],
  ])("%s, and end the job only after", (_what, problem, want) => {
    const output = { isPending: true, ...(problem && { problem }) };
    const report = { committedRounds: 5, ...anEvaluation(5), output };
    const plan = decide(placed(aSnapshot({ aggregator: heard(report) })), someSettings);
    expect(condition(plan, "Progressing")).toMatchObject(want);
    expect(condition(plan, "Complete")).toBeUndefined();
    expect(plan.actions.filter(({ type }) => type === "finish-job" || type === "open-window")).toEqual([]);
  });

  it("go on while the output cannot be written, and say so", () => {
    const window = { from: 0, through: 0, attempt: 1, evaluateOnly: false };
    const output = { isPending: true, problem: "the volume is full" };
    const plan = decide(placed(aSnapshot({ aggregator: heard({ window, stage: "Training", output }) })), someSettings);
    expect(condition(plan, "Progressing")).toMatchObject({
      status: "True",
      message: "round 0 is training, but the volume is full",
    });
  });

  it.each([
    ["nothing was committed yet", {}, "deadline of 10m, and none was committed within it: raise"],
    ["a round was committed before", { history: [aRound(0, 9)], committedRounds: 1 }, "; round 0 took 9.0 s: raise"],
    ["its workers say that they are late", { parties: lateParties }, "deadline of 10m, and none was committed"],
  ])("name a deadline that no worker can meet, when %s", (_what, more, part) => {
    const window = { from: 0, through: 0, attempt: 1, evaluateOnly: false };
    const problem = { reason: "QuorumNotReached", message: "0 of 2 workers reported, quorum is 2" };
    const report = { window, problem, failedRounds: 3, isDeadlineMissed: true, ...more };
    const told = condition(decide(placed(aSnapshot({ aggregator: heard(report) })), someSettings), "Progressing");
    expect(told).toMatchObject({ status: "False", reason: "DeadlineTooShort" });
    for (const text of [problem.message, part, "localSteps (3)"]) expect(told?.message).toContain(text);
    const known = { reason: "LossNotFinite", message: "NaN" };
    const parties = aReport().parties.map((party) => ({ ...party, problem: known }));
    const other = decide(placed(aSnapshot({ aggregator: heard({ ...report, parties }) })), someSettings);
    expect(condition(other, "Progressing")?.reason).toBe("QuorumNotReached");
  });

  it("show the aggregator's problem", () => {
    const window = { from: 0, through: 0, attempt: 1, evaluateOnly: false };
    const problem = { reason: "LossNotFinite", message: "the loss became NaN" };
    const plan = decide(placed(aSnapshot({ aggregator: heard({ window, problem }) })), someSettings);
    expect(condition(plan, "Progressing")).toMatchObject({ status: "False", reason: "LossNotFinite" });
  });
});

describe("a job that ends", () => {
  const failure = { reason: "WorkerFailed", message: "exit code 1" };

  it("fails when too few workers are left for the quorum", () => {
    const job = aJob();
    const plan = decide(
      aSnapshot({ job, seats: [aSeat(job, 0, { batchJobFailure: failure }), aSeat(job, 1)] }),
      someSettings,
    );
    expect(condition(plan, "Failed")).toMatchObject({ status: "True", reason: "WorkerFailed" });
    expect(plan.actions).toEqual([]);
    expect(afterwards(plan).actions).toMatchObject([{ type: "finish-job", outcome: "Failed" }]);
  });

  it("fails when too few indexes are left, though the Jobs of their seats go on", () => {
    const job = aJob({ participants: [{ name: "aws", cluster: "aws-1", role: "Trainer", workers: 2 }] });
    const podProblem = { reason: "DataMissing", message: "no sample" };
    const seat = aSeat(job, 0, {
      hasBatchJob: true,
      failedIndexes: [0],
      podProblem,
      blockedIndexes: [0],
      activePods: 1,
    });
    const plan = decide(aSnapshot({ job, seats: [seat] }), someSettings);
    expect(condition(plan, "Failed")).toMatchObject({
      status: "True",
      message: "1 workers are left and the quorum is 2; participant aws (cluster aws-1): no sample",
    });
  });

  const report = aReport({ ...anEvaluation(5), committedRounds: 5, output: { isPending: true } });
  const ran = { ...aJob(), status: { ...aJob().status, round: { current: 4 } as never } };

  it.each<[string, Partial<JobSnapshot>]>([
    ["is over and its models are being written", { aggregator: { state: "heard", heardMs: 1, report } }],
    ["may be over and its aggregator cannot be asked just now", { job: ran, aggregator: { state: "absent" } }],
  ])("does not fail when workers fail while it %s", (_what, changes) => {
    const job = changes.job ?? aJob();
    const seats = [aSeat(job, 0, { batchJobFailure: failure }), aSeat(job, 1)];
    const plan = decide(aSnapshot({ ...changes, job, seats }), someSettings);
    expect(condition(plan, "Failed")).toBeUndefined();
    expect(kinds(plan)).not.toContain("finish-job");
  });

  it("fails when its workers cannot work and no round was ever opened", () => {
    const job = aJob();
    const seats = [aSeat(job, 0, { batchJobFailure: failure }), aSeat(job, 1)];
    const plan = decide(aSnapshot({ job, seats, aggregator: { state: "absent" } }), someSettings);
    expect(condition(plan, "Failed")).toMatchObject({ status: "True", reason: "WorkerFailed" });
  });

  it("goes on when enough workers are left", () => {
    const job = aJob({ schedule: { synchronous: { maxRounds: 5, localSteps: 3, quorum: 1, deadline: "10m" } } });
    const plan = decide(
      aSnapshot({ job, seats: [aSeat(job, 0, { batchJobFailure: failure }), aSeat(job, 1)] }),
      someSettings,
    );
    expect(condition(plan, "Failed")).toBeUndefined();
    expect(condition(plan, "Degraded")).toMatchObject({ status: "True", reason: "WorkerFailed" });
  });

  const complete = { type: "Complete", status: "True", reason: "MaxRounds", message: "" } as const;

  it("lets its workers end by themselves, then removes them, stops the aggregator and frees its node ports", () => {
    const snapshot = placed(aSnapshot({ job: withConditions(aJob(), complete) }));
    const before = decide({ ...snapshot, completionMs: someTimeMs - 1_000 }, someSettings);
    expect(kinds(before)).toEqual(["finish-job"]);
    expect(states(before)).toEqual(["Wanted", "Wanted"]);
    const plan = decide({ ...snapshot, completionMs: someTimeMs - 30_000 }, someSettings);
    expect(states(plan)).toEqual(["Leaving", "Leaving"]);
    expect(kinds(plan)).toEqual(["apply-hub", "delete-hub"]);
    expect(ofType(plan, "apply-hub")[0]?.object).toMatchObject({ kind: "StatefulSet", spec: { replicas: 0 } });
  });

  it("is deleted after its time to live and not before", () => {
    const job = withConditions(aJob({ ttlSecondsAfterFinished: 60 }), complete);
    const before = decide(aSnapshot({ job, completionMs: someTimeMs - 59_000 }), someSettings);
    expect(kinds(before)).not.toContain("delete-job");
    expect(before.requeueAfterMs).toBe(1_000);
    const after = decide(aSnapshot({ job, completionMs: someTimeMs - 60_000 }), someSettings);
    expect(kinds(after)).toContain("delete-job");
    expect(after.requeueAfterMs).toBeUndefined();
  });
});

describe("a suspended job", () => {
  const job = aJob({ suspend: true });

  it("loses its workers and opens nothing", () => {
    const plan = decide(placed(aSnapshot({ job })), someSettings);
    expect(states(plan)).toEqual(["Leaving", "Leaving"]);
    expect(condition(plan, "Suspended")?.status).toBe("True");
  });

  it("says when it goes on", () => {
    const was = withConditions(aJob(), { type: "Suspended", status: "True", reason: "Suspended", message: "" });
    expect(decide(aSnapshot({ job: was }), someSettings).events.map((event) => event.reason)).toContain("Resumed");
  });
});
