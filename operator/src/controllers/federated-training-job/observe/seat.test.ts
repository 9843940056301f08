import { describe, expect, it } from "vitest";
import type { Unstructured } from "../../../runtime/api/object.ts";
import type { MemberState, MemberView } from "../../member-cluster/member-directory.ts";
import { mendedDriftOf } from "../../seat/decide/mended-drift.ts";
import { ourMark } from "../../shared/written-by-us.ts";
import { renderBatchJob } from "../render/seat.ts";
import type { JobSnapshot, Placement, PlacingReport } from "../snapshot.ts";
import { aJob, aPlacement, aTemplate, someSettings, someTimeMs, withPlacements } from "../testing/a-snapshot.ts";
import { observeSeat } from "./seat.ts";

const { name } = aPlacement();
const made = renderBatchJob({
  job: aJob(),
  participant: aJob().spec.participants[0]!,
  namespace: "jobs",
  origin: someSettings.hubId,
  template: aTemplate,
}) as unknown as Unstructured;
const failed = { conditions: [{ type: "Failed", status: "True", reason: "BackoffLimitExceeded" }] };
const batchJob = (of: string, status: object = {}, metadata: object = {}): Unstructured => ({
  ...made,
  metadata: { ...made.metadata, managedFields: ourMark, name: of, uid: `uid-${of}`, ...metadata },
  status,
});
const pod = (of: string, phase: string): Unstructured => ({
  metadata: { name: `${of}-0-x`, uid: `pod-${of}`, labels: { "batch.kubernetes.io/job-name": of } },
  status: { phase },
});

interface Given {
  readonly job: JobSnapshot["job"];
  readonly placements: readonly Placement[];
  readonly mapped: string;
  readonly templates: object[];
  readonly report: PlacingReport;
  readonly anchor: Unstructured;
}

function look(
  jobs: readonly Unstructured[],
  pods: readonly Unstructured[],
  {
    job: spec = aJob(),
    placements = [aPlacement()],
    mapped = "jobs",
    templates = [aTemplate],
    report,
    anchor,
  }: Partial<Given> = {},
) {
  const job = withPlacements(spec, ...placements);
  const isIn = ({ metadata }: Unstructured, namespace: string): boolean =>
    (metadata.namespace ?? namespace) === namespace;
  const shown = { jobs, pods, configMaps: anchor === undefined ? [] : [anchor] };
  const view: MemberView = {
    objectsOf: (kind, namespace) => shown[kind].filter((object) => isIn(object, namespace)),
    eventsOf: () => [],
    placesOf: () => [],
    podsIn: () => [],
    podTemplates: () => templates as Unstructured[],
  };
  const member: MemberState = { state: "reachable", heardMs: someTimeMs, client: {} as never, view };
  const cluster = { metadata: { name: "aws-1" }, spec: { namespaces: [{ hub: "research", member: mapped }] } } as never;
  return observeSeat(job, job.spec.participants[0]!, cluster, member, () => 0, report);
}

describe("a seat beside a copy of its batch Job that somebody made with all labels", () => {
  it("does not fail with the copy", () => {
    const seat = look([batchJob("copy", failed), batchJob(name)], [pod("copy", "Failed"), pod(name, "Running")]);
    expect(seat).toMatchObject({ hasBatchJob: true, activePods: 1, failedPods: 0 });
    expect(seat.batchJobFailure).toBeUndefined();
  });

  it("fails by itself", () => {
    const seat = look([batchJob("copy"), batchJob(name, failed)], [pod("copy", "Running")]);
    expect(seat.batchJobFailure?.reason).toBe("WorkerFailed");
    expect(seat.activePods).toBe(0);
  });

  it("has none while there is only the copy", () => {
    expect(look([batchJob("copy")], []).hasBatchJob).toBe(false);
  });
});

describe("a seat whose former workers are still leaving", () => {
  it("does not fail with what leaves: the spec was edited since", () => {
    const leaving = batchJob(name, { ...failed, failedIndexes: "0" });
    const seat = look([leaving], [pod(name, "Failed")], { placements: [aPlacement({ state: "Leaving" })] });
    expect(seat).toMatchObject({ hasBatchJob: true, failedIndexes: [] });
    expect(seat.batchJobFailure).toBeUndefined();
    expect(look([leaving], []).failedIndexes).toEqual([0]);
  });
});

describe("a seat whose batch Job failed for good", () => {
  const ended = { ...failed, failedIndexes: "0" };
  const { trainer, participants } = aJob().spec;
  const withFirst = (changes: object) => ({ participants: [{ ...participants[0]!, ...changes }, participants[1]!] });

  it.each<[string, Partial<Given>, object?]>([
    ["is being deleted", {}, { deletionTimestamp: "2027-01-15T08:00:00Z" }],
    ["has other workers than the spec asks for", { job: aJob(withFirst({ workers: 2 })) }],
    ["has another restart limit", { job: aJob({ failurePolicy: { workerRestartLimit: 3 } }) }],
    ["has other terms than the spec", { job: aJob({ trainer: { ...trainer, seed: 2 } }) }],
    [
      "was made for another runtime, which the member does not offer",
      { job: aJob({ trainer: { ...trainer, runtime: "tfjs" } }) },
    ],
    [
      "was made for the runtime of all, and the participant names its own",
      { job: aJob(withFirst({ runtime: "tfjs" })) },
    ],
    ["was made for another data set", { job: aJob(withFirst({ dataset: "notes" })), templates: [] }],
  ])("is not judged by one that %s: the seats' controller replaces it", (_what, given, metadata) => {
    const seat = look([batchJob(name, { ...ended, completedIndexes: "0" }, metadata)], [pod(name, "Failed")], given);
    expect(seat).toMatchObject({ hasBatchJob: true, failedIndexes: [] });
    expect(seat.batchJobFailure).toBeUndefined();
    expect(seat.completedIndexes).toBeUndefined();
  });

  it.each<[string, Partial<Given>]>([
    ["it is the one that the spec asks for", {}],
    ["the member's admin took its runtime away since", { templates: [] }],
    [
      "all others have another runtime since, and the participant names the former",
      { job: aJob({ trainer: { ...trainer, runtime: "tfjs" }, ...withFirst({ runtime: "noop" }) }) },
    ],
    ["the spec changed in what its workers are not told of", { job: aJob({ roundHistoryLimit: 3 }) }],
  ])("is judged by it when %s", (_what, given) => {
    const seat = look([batchJob(name, ended)], [pod(name, "Failed")], given);
    expect(seat).toMatchObject({ failedIndexes: [0], batchJobFailure: { reason: "WorkerFailed" } });
  });

  describe("and that something in the member changed after it was made", () => {
    const drifted = (status: object) => ({
      ...batchJob(name, status, { generation: 2 }),
      spec: { ...(made.spec as object), ttlSecondsAfterFinished: 3_600 },
    });
    const anchorOf = (managedFields: unknown[]) => ({
      metadata: { name, annotations: mendedDriftOf("former", "ttlSecondsAfterFinished: 3600"), managedFields },
    });
    const given = { anchor: anchorOf(ourMark) };

    it("is judged by it when that was mended before: the seats' controller lets it run on", () => {
      const some = { failedIndexes: "0", completedIndexes: "1" };
      expect(look([drifted(some)], [], given)).toMatchObject({ failedIndexes: [0], completedIndexes: [1] });
      const own = { failedIndexes: "0", conditions: [{ type: "Failed", status: "True", reason: "FailedIndexes" }] };
      expect(look([drifted(own)], [], given).batchJobFailure?.reason).toBe("WorkerFailed");
    });

    it("is not judged by it while another takes its place", () => {
      expect(look([drifted(ended)], []).failedIndexes).toEqual([]);
      expect(look([drifted(ended)], [], { anchor: anchorOf([{ manager: "kubectl" }]) }).failedIndexes).toEqual([]);
    });
  });

  it("names the workers that ended with exit code 0", () => {
    expect(look([batchJob(name, { completedIndexes: "0,2-3" })], [])).toMatchObject({ completedIndexes: [0, 2, 3] });
  });
});

it("a batch Job that somebody made under the seat's own name speaks for nobody", () => {
  const theirs = batchJob(name, failed, { managedFields: [{ manager: "kubectl" }] });
  const seen = look([theirs], []);
  expect(seen.hasBatchJob).toBe(false);
  expect(seen.batchJobFailure).toBeUndefined();
});

describe("a seat that moved to another namespace and still leaves the former", () => {
  const placements = [aPlacement({ namespace: "a", state: "Leaving" }), aPlacement({ namespace: "b" })];
  const inA = batchJob(name, {}, { namespace: "a" });
  const inB = batchJob(name, { ...failed, failedIndexes: "0" }, { namespace: "b" });
  const report = {
    empty: [],
    problems: [{ participant: "aws", namespace: "a", problem: { reason: "RBACDenied", message: "may not delete" } }],
  };

  it("is judged by where it is wanted, and has no trouble of where it leaves", () => {
    expect(look([inA, inB], [], { placements, mapped: "b" })).toMatchObject({ failedIndexes: [0] });
    expect(look([inA], [], { placements, mapped: "b", report }).placingProblem).toBeUndefined();
    const there = { ...report, problems: [{ ...report.problems[0]!, namespace: "b" }] };
    expect(look([inA], [], { placements, mapped: "b", report: there }).placingProblem?.reason).toBe("RBACDenied");
  });

  it("tells what keeps the former from leaving while it is placed nowhere else for that", () => {
    const leaving = placements.slice(0, 1);
    expect(look([], [], { placements: leaving, mapped: "b", report }).placingProblem?.message).toBe("may not delete");
  });
});

describe("the template that serves a seat", () => {
  const [first, ...others] = aJob().spec.participants;
  const template = (runtime: string, dataset?: string) => ({
    metadata: { name: `${runtime}-${dataset}`, labels: labelsOf(runtime, dataset) },
    template: aTemplate.template,
  });
  const labelsOf = (runtime: string, dataset?: string) => ({
    "tributary.dev/runtime": runtime,
    ...(dataset === undefined ? {} : { "tributary.dev/dataset": dataset }),
  });
  const templates = [template("noop"), template("torch"), template("torch", "notes")];

  it.each([
    { given: "no runtime of its own", own: {}, want: "noop-undefined" },
    { given: "a runtime of its own", own: { runtime: "torch" }, want: "torch-undefined" },
    { given: "a runtime and a data set", own: { runtime: "torch", dataset: "notes" }, want: "torch-notes" },
  ])("is of the runtime that it names, else of the job's: $given", ({ own, want }) => {
    const job = aJob({ participants: [{ ...first!, ...own }, ...others] });
    expect(look([], [], { job, templates }).template).toMatchObject({
      state: "found",
      template: { metadata: { name: want } },
    });
  });

  it("is missing by what is offered to it, when the member has the job's runtime alone", () => {
    const job = aJob({ participants: [{ ...first!, runtime: "torch" }, ...others] });
    expect(look([], [], { job }).template).toEqual({ state: "runtime-missing", offered: ["noop"] });
    const elsewhere = aJob({ participants: [{ ...first!, runtime: "torch", dataset: "images" }, ...others] });
    expect(look([], [], { job: elsewhere, templates }).template).toEqual({
      state: "dataset-missing",
      offered: ["notes"],
    });
  });
});
