import { formatTerminationMessage } from "@tributary/contracts";
import { describe, expect, it } from "vitest";
import type { Unstructured } from "../../../runtime/api/object.ts";
import { createSeenRunning } from "./seen-running.ts";
import { findWorkerProblems } from "./worker-problem.ts";

const aBatchJob = (status: object = {}): Unstructured => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name: "notes-aws", uid: "job-1" },
  status,
});

let made = 0;
const aPod = (index: number, status: object): Unstructured => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: `notes-aws-${index}-${++made}`,
    uid: `pod-${made}`,
    creationTimestamp: new Date(1_700_000_000_000 + made * 1000).toISOString(),
    labels: { "batch.kubernetes.io/job-completion-index": String(index), "tributary.dev/component": "worker" },
  },
  status,
});

const trainer = (state: object, more: object = {}) => ({
  containerStatuses: [{ name: "trainer", image: "trainer:1", state, ...more }],
});
const running = { phase: "Running", ...trainer({ running: {} }, { ready: true }) };
const left = formatTerminationMessage({
  code: "TRAINER_DATA_MISSING",
  reason: "DataMissing",
  message: "data set notes holds no sample longer than 64 tokens",
});
const died = (end: object) => ({
  phase: "Failed",
  ...trainer({
    terminated: { startedAt: "2026-01-01T00:00:00Z", finishedAt: "2026-01-01T00:01:00Z", exitCode: 1, ...end },
  }),
});
const disrupted = (reason: string) => ({
  ...died({ exitCode: 143 }),
  conditions: [{ type: "DisruptionTarget", status: "True", reason, message: "for a pod of higher priority" }],
});
const refused = (message: string, lastTimestamp = "2026-01-01T00:00:00Z"): Unstructured => ({
  apiVersion: "v1",
  kind: "Event",
  metadata: { name: "e", namespace: "jobs" },
  involvedObject: { kind: "Job", uid: "job-1" },
  reason: "FailedCreate",
  lastTimestamp,
  message,
});

function look(
  pods: readonly Unstructured[],
  {
    events = [],
    workers = 2,
    status = {},
    seenMs = 0,
  }: Partial<{ events: Unstructured[]; workers: number; status: object; seenMs: number }> = {},
) {
  return findWorkerProblems(aBatchJob(status), pods, events, workers, () => seenMs);
}

it("workers whose trainer has not started are told of by their newest pods, and none is kept by it", () => {
  const starting = { phase: "Pending", ...trainer({ waiting: { reason: "PodInitializing" } }) };
  const found = look([aPod(0, starting), aPod(0, running), aPod(1, died({})), aPod(1, starting)]);
  const problem = { reason: "TrainerStarting", message: expect.stringMatching(/^pod notes-aws-1-/u) };
  expect(found).toMatchObject({ startingWorkers: [{ workerIndex: 1, problem }], blockedIndexes: [] });
  expect(look([aPod(0, running)])).not.toHaveProperty("startingWorkers");
});

describe("what keeps the workers of a seat", () => {
  it.each<[string, object, string, readonly string[]]>([
    [
      "left by the process",
      died({ exitCode: 12, message: left }),
      "DataMissing",
      ["no sample longer", "fill the data set"],
    ],
    ["named by the exit code alone", died({ exitCode: 12 }), "DataMissing", ["no usable samples", "fill the data set"]],
    ["not named", died({ reason: "Error" }), "WorkerFailed", ["exit code 1", "read its log"]],
    ["an eviction", disrupted("EvictionByEvictionAPI"), "Evicted", ["evicted", "another takes its place"]],
    ["a preemption", disrupted("PreemptionByScheduler"), "Preempted", ["preempted", "higher priority"]],
    [
      "a node without room for files",
      { phase: "Failed", reason: "Evicted", message: "low on ephemeral-storage" },
      "Evicted",
      ["ephemeral-storage"],
    ],
    [
      "a pod that its node did not admit",
      { phase: "Failed", reason: "UnexpectedAdmissionError", message: "no device" },
      "WorkerFailed",
      ["no device"],
    ],
  ])("is told with the cause %s", (_what, status, reason, parts) => {
    const found = look([aPod(0, status), aPod(1, running)]);
    expect(found.podProblem?.reason).toBe(reason);
    for (const part of parts) expect(found.podProblem?.message).toContain(part);
    expect(found.blockedIndexes).toEqual([0]);
  });

  it("is a sidecar that starts again and again, also while it runs", () => {
    const sidecar = (state: object) => ({
      phase: "Pending",
      initContainerStatuses: [
        { name: "sidecar", image: "dataplane:1", ready: false, state, lastState: { terminated: { exitCode: 71 } } },
      ],
    });
    for (const state of [{ running: {} }, { waiting: { reason: "CrashLoopBackOff", message: "back-off 10s" } }])
      expect(look([aPod(0, sidecar(state))]).podProblem?.reason).toBe("EnrolmentRefused");
  });

  it.each<[string, string, string]>([
    [
      "a quota",
      'Error creating: pods "notes-aws-0-x7k2p" is forbidden: exceeded quota: gpus, requested: 1',
      "QuotaExceeded",
    ],
    [
      "pod security",
      'Error creating: pods "notes-aws-0-abcde" is forbidden: violates PodSecurity "restricted"',
      "PodSecurityRefused",
    ],
    ["an admission policy", 'Error creating: admission webhook "policy.corp" denied the request: no', "PodRefused"],
  ])(
    "is %s that refuses its pods, named from the Job's events without the random names of pods",
    (_what, said, reason) => {
      const found = look([], { events: [refused("old", "2025-01-01T00:00:00Z"), refused(said)] });
      expect(found.podProblem).toMatchObject({ reason, message: expect.stringContaining("Job notes-aws") });
      expect(found.podProblem?.message).not.toMatch(/notes-aws-0-/u);
      expect(look([aPod(0, running), aPod(1, running)], { events: [refused(said)] }).podProblem).toBeUndefined();
    },
  );

  it.each([
    ["the cause of its end, once pods were made after the refusal", -1, "DataMissing"],
    ["the refusal, while it repeats after the newest pod was made", 1, "QuotaExceeded"],
  ])("is %s", (_what, seconds, reason) => {
    const pods = [aPod(0, died({ exitCode: 12, message: left })), aPod(1, running)];
    const newestMs = Date.parse(pods[1]!.metadata.creationTimestamp!);
    const at = new Date(newestMs + seconds * 1000).toISOString().replace(/\.\d+Z/u, "Z");
    const events = [refused("exceeded quota: gpus", at)];
    expect(look(pods, { events }).podProblem?.reason).toBe(reason);
  });

  it("is no refusal of long ago when workers ended well", () => {
    const pods = [aPod(0, { phase: "Succeeded" }), aPod(1, running)];
    const found = look(pods, { events: [refused("exceeded quota: gpus")], status: { completedIndexes: "0" } });
    expect(found).toEqual({ blockedIndexes: [] });
  });

  it("is nothing once others run in their place, and nothing when all ended well", () => {
    expect(look([aPod(0, running), aPod(1, { phase: "Succeeded" })])).toEqual({ blockedIndexes: [] });
    const evicted = aPod(0, disrupted("EvictionByEvictionAPI"));
    expect(look([evicted, aPod(0, running), aPod(1, running)])).toEqual({ blockedIndexes: [] });
  });

  it("counts indexes that failed for good", () => {
    const found = look([aPod(0, died({ exitCode: 12 })), aPod(1, running)], { status: { failedIndexes: "0,3-5" } });
    expect(found.blockedIndexes).toEqual([0, 3, 4, 5]);
  });
});

describe("the cause of a run that is over", () => {
  const before = () => aPod(0, died({ exitCode: 12, message: left }));

  it("stays until the next run has lasted longer", () => {
    const pods = [before(), aPod(0, running), aPod(1, running)];
    expect(look(pods, { seenMs: 59_000 })).toMatchObject({
      blockedIndexes: [],
      recentCause: { reason: "DataMissing" },
    });
    expect(look(pods, { seenMs: 61_000 }).recentCause).toBeUndefined();
  });

  it("stays while its successor is being started", () => {
    const pods = [before(), aPod(0, { phase: "Pending" }), aPod(1, running)];
    expect(look(pods, { seenMs: 61_000 }).recentCause?.reason).toBe("DataMissing");
  });

  it("is not told of what the cluster took away, nor of a process that was told to stop", () => {
    const aborted = { code: "OPERATION_ABORTED", reason: "Aborted", message: "stopped before the job was over" };
    const message = formatTerminationMessage(aborted);
    const evicted = {
      ...disrupted("EvictionByEvictionAPI"),
      ...trainer({ terminated: { exitCode: 12, message: left } }),
    };
    for (const status of [evicted, died({ message })])
      expect(look([aPod(0, status), aPod(0, running), aPod(1, running)])).toEqual({ blockedIndexes: [] });
  });

  it("is not told when nothing is known but an exit code", () => {
    expect(look([aPod(0, died({})), aPod(0, running), aPod(1, running)]).recentCause).toBeUndefined();
  });
});

describe("how long a pod runs", () => {
  it("is measured by our own clock from when it was first seen running, whatever its node says", () => {
    let nowMs = 1_000;
    const seen = createSeenRunning(() => nowMs);
    const pod = aPod(0, running);
    expect(seen({ ...pod, status: { phase: "Pending" } })).toBe(0);
    nowMs = 5_000;
    expect(seen(pod)).toBe(0);
    nowMs = 8_000;
    expect(seen(pod)).toBe(3_000);
    expect(seen({ ...pod, status: { phase: "Pending" } })).toBe(0);
    expect(seen(pod)).toBe(0);
  });
});
