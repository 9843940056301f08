import { Annotation, Label } from "@tributary/contracts";
import { describe, expect, it } from "vitest";
import type { PodTemplateObject } from "../../federated-training-job/snapshot.ts";
import { aJob, aPlacement, aTemplate } from "../../federated-training-job/testing/a-snapshot.ts";
import type { SeatsPlan } from "../plan.ts";
import type { PlaceObservation, SeatsSnapshot } from "../snapshot.ts";
import { aPlace, madeObjects, someSeats } from "../testing/some-seats.ts";
import { decideSeats } from "./decide-seats.ts";
import { mendedDriftOf, wasMended } from "./mended-drift.ts";

const job = aJob() as SeatsSnapshot["job"];
const made = madeObjects(job);
const kinds = ({ actions }: SeatsPlan): string[] => actions.map(({ type }) => type);
const decidePlaced = (changes: Partial<PlaceObservation>, seats: Partial<SeatsSnapshot> = {}): SeatsPlan =>
  decideSeats(someSeats({ job, places: [aPlace(job, { ...made, ...changes })], ...seats }));
const without = (field: "anchor" | "batchJob"): Partial<PlaceObservation> => {
  const { [field]: _gone, ...rest } = { ...aPlace(job), ...made };
  return rest;
};

function withSpec(changes: Record<string, unknown>): PlaceObservation["batchJob"] & object {
  return { ...made.batchJob, spec: { ...(made.batchJob.spec as object), ...changes } };
}

describe("a wanted place", () => {
  it("gets its anchor and its batch Job", () => {
    const plan = decideSeats(someSeats({ job }));
    expect(plan.actions).toMatchObject([
      { type: "place", anchor: { metadata: { name: aPlacement().name, namespace: "jobs" } } },
    ]);
    expect(plan.actions[0]).toMatchObject({ batchJob: { metadata: { name: aPlacement().name } } });
  });

  it("is left alone when its objects are as they should be", () => {
    expect(decidePlaced({})).toEqual({ actions: [], report: { empty: [], problems: [] } });
  });

  it.each<[string, Partial<PlaceObservation>]>([
    ["its anchor was changed", { anchor: { ...made.anchor, data: { "worker.json": "{}" } } }],
    ["its batch Job was scaled", { batchJob: withSpec({ parallelism: 0 }) }],
    ["its batch Job was suspended", { batchJob: withSpec({ suspend: true }) }],
  ])("is mended when %s", (_what, changes) => {
    expect(kinds(decidePlaced(changes))).toEqual(["place"]);
  });

  it.each(["anchor", "batchJob"] as const)("is mended when its %s was removed", (field) => {
    const places = [without(field) as PlaceObservation];
    expect(kinds(decideSeats(someSeats({ job, places })))).toEqual(["place"]);
  });

  it.each([
    ["other workers than the spec asks for", { completions: 4 }],
    ["another restart limit", { backoffLimitPerIndex: 1 }],
  ])("gets another batch Job in place of one with %s", (_what, spec) => {
    expect(decidePlaced({ batchJob: withSpec(spec) }).actions).toMatchObject([
      { type: "replace", uid: "batch-job-uid" },
    ]);
  });

  const changed = (spec: Record<string, unknown>, generation: number) => {
    const { metadata, ...batchJob } = withSpec(spec);
    return kinds(decidePlaced({ batchJob: { ...batchJob, metadata: { ...metadata, generation } } }));
  };

  it.each<[string, Record<string, unknown>]>([
    ["a time in which it must be done", { activeDeadlineSeconds: 60 }],
    ["a time to live of none", { ttlSecondsAfterFinished: 0 }],
    ["fewer failures", { backoffLimit: 1 }],
    ["fewer failed workers", { maxFailedIndexes: 0 }],
    ["no limit of failed workers", { maxFailedIndexes: undefined }],
    ["pods that are replaced sooner", { podReplacementPolicy: "TerminatingOrFailed" }],
  ])(
    "gets another batch Job in place of one that somebody gave %s, not of one that the member made so",
    (_what, spec) => {
      expect(changed(spec, 2)).toEqual(["replace"]);
      expect(changed(spec, 1)).toEqual([]);
      expect(kinds(decidePlaced({ batchJob: withSpec(spec) }))).toEqual([]);
    },
  );

  it("keeps a batch Job that was scaled and mended since, with what its API server put in", () => {
    const defaulted = { backoffLimit: 2_147_483_647, suspend: false, manualSelector: false };
    expect(changed(defaulted, 3)).toEqual([]);
    expect(changed({ ...defaulted, parallelism: 0 }, 2)).toEqual(["place"]);
  });

  const ofOther = (changes: Parameters<typeof aJob>[0], template: PodTemplateObject = aTemplate) => {
    const edited = aJob(changes) as SeatsSnapshot["job"];
    const participant = edited.spec.participants[0]!;
    const places = [aPlace(edited, { ...made, participant, template: { state: "found", template } })];
    return decideSeats(someSeats({ job: edited, places }));
  };
  const named = (labels: Record<string, string>, limits?: Record<string, string>): PodTemplateObject => {
    const [trainer] = aTemplate.template.spec.containers;
    const containers = [limits === undefined ? trainer! : { ...trainer!, resources: { limits } }];
    const spec = { ...aTemplate.template.spec, containers };
    return { metadata: { name: "x", labels }, template: { ...aTemplate.template, spec } };
  };
  const withFirst = (changes: object) => [{ ...job.spec.participants[0]!, ...changes }, job.spec.participants[1]!];
  const runtime = { "tributary.dev/runtime": "noop" };

  it.each<[string, Parameters<typeof aJob>[0], PodTemplateObject?]>([
    ["runtime", { trainer: { runtime: "tfjs", task: "noop", seed: 1 } }, named({ "tributary.dev/runtime": "tfjs" })],
    [
      "runtime of the participant's own",
      { participants: withFirst({ runtime: "tfjs" }) },
      named({ "tributary.dev/runtime": "tfjs" }),
    ],
    [
      "data set",
      { participants: withFirst({ dataset: "notes" }) },
      named({ ...runtime, "tributary.dev/dataset": "notes" }),
    ],
    ["accelerator", { participants: withFirst({ accelerator: { resource: "nvidia.com/gpu", count: 2 } }) }],
    ["seed", { trainer: { ...job.spec.trainer, seed: 2 } }],
    [
      "hyperparameter of the participant's own",
      { participants: withFirst({ hyperparameters: { simulateStepMs: "5" } }) },
    ],
    ["hyperparameter", { trainer: { ...job.spec.trainer, hyperparameters: { simulateStepMs: "5" } } }],
  ])(
    "gets another batch Job when its spec names another %s, also when nobody saw the job suspended",
    (_what, ...edit) => {
      expect(ofOther(...edit).actions).toMatchObject([{ type: "replace", uid: "batch-job-uid" }]);
    },
  );

  it("keeps a batch Job when the participant names for itself the runtime that all had, and the others get another", () => {
    const trainer = { ...job.spec.trainer, runtime: "tfjs" };
    expect(ofOther({ trainer, participants: withFirst({ runtime: "noop" }) }).actions).toEqual([]);
  });

  it("keeps a batch Job whose hyperparameters stand in another order", () => {
    const ordered = (hyperparameters: Record<string, string>) =>
      aJob({ trainer: { ...job.spec.trainer, hyperparameters } }) as SeatsSnapshot["job"];
    const other = ordered({ batchSize: "2", learningRate: "0.1" });
    const places = [aPlace(other, madeObjects(ordered({ learningRate: "0.1", batchSize: "2" })))];
    expect(decideSeats(someSeats({ job: other, places })).actions).toEqual([]);
  });

  it("keeps a batch Job whose hyperparameters the participant names for itself since, or another has of its own", () => {
    const trainer = { ...job.spec.trainer, hyperparameters: { increment: "0.5", simulateStepMs: "5" } };
    const before = aJob({ trainer }) as SeatsSnapshot["job"];
    const [first, second] = before.spec.participants;
    const edited = [
      { ...first!, hyperparameters: { simulateStepMs: "5" } },
      { ...second!, hyperparameters: { increment: "0.25" } },
    ];
    const other = aJob({ trainer, participants: edited }) as SeatsSnapshot["job"];
    const places = [aPlace(other, madeObjects(before))];
    expect(decideSeats(someSeats({ job: other, places })).actions).toEqual([]);
  });

  const withMarks = (batchJob: typeof made.batchJob, field: "labels" | "annotations", marks: object) =>
    ({ ...batchJob, metadata: { ...batchJob.metadata, [field]: marks } }) as typeof made.batchJob;
  const { labels, annotations } = made.batchJob.metadata as Required<typeof made.batchJob.metadata>;

  it.each<[string, typeof made.batchJob]>([
    ["has another participant", withMarks(made.batchJob, "labels", { ...labels, [Label.Participant]: "other" })],
    ["has no namespace of its job", withMarks(made.batchJob, "labels", { ...labels, [Label.JobNamespace]: undefined })],
    ["has other terms", withMarks(made.batchJob, "annotations", { [Annotation.TrainerTerms]: "other" })],
    ["has no terms", withMarks(made.batchJob, "annotations", {})],
  ])("is mended, not made anew, when somebody changed what its batch Job says: it %s", (_what, batchJob) => {
    expect(kinds(decidePlaced({ batchJob }))).toEqual(["place"]);
  });

  it("is mended when somebody changed whose its anchor is", () => {
    expect(kinds(decidePlaced({ anchor: withMarks(made.anchor, "labels", {}) }))).toEqual(["place"]);
    expect(
      kinds(decidePlaced({ batchJob: withMarks(made.batchJob, "annotations", { ...annotations, note: "x" }) })),
    ).toEqual([]);
  });

  it("gets another batch Job when its spec has other terms, also when somebody took these off the one that is there", () => {
    const edited = aJob({ trainer: { ...job.spec.trainer, seed: 2 } }) as SeatsSnapshot["job"];
    const places = [aPlace(edited, { ...made, batchJob: withMarks(made.batchJob, "annotations", {}) })];
    expect(kinds(decideSeats(someSeats({ job: edited, places })))).toEqual(["replace"]);
  });

  const noopTemplate = (dataset?: string): PodTemplateObject =>
    named({ ...runtime, ...(dataset === undefined ? {} : { [Label.Dataset]: dataset }) });
  const ofDataset = (dataset: string | undefined) =>
    aJob({ participants: withFirst(dataset === undefined ? {} : { dataset }) }) as SeatsSnapshot["job"];
  /** The look at a job that names a data set now, and the template that serves it, where it was made for another. */
  const decideDataset = (
    before: { asked?: string; served?: string },
    now: typeof before,
    change = (batchJob: typeof made.batchJob) => batchJob,
  ): string[] => {
    const { anchor, batchJob } = madeObjects(ofDataset(before.asked), 0, noopTemplate(before.served));
    const template = { state: "found", template: noopTemplate(now.served) } as const;
    const edited = ofDataset(now.asked);
    const places = [aPlace(edited, { anchor, batchJob: change(batchJob), template })];
    return kinds(decideSeats(someSeats({ job: edited, places })));
  };
  /** As an operator made it that put no terms on pods. */
  const ofEarlierOperator = (batchJob: typeof made.batchJob): typeof made.batchJob => {
    const { [Label.Terms]: _none, ...kept } = batchJob.metadata.labels as Record<string, string>;
    const spec = batchJob.spec as { template: object };
    const template = { ...spec.template, metadata: { labels: {} } };
    return withMarks({ ...batchJob, spec: { ...spec, template } }, "labels", kept);
  };

  it("gets another batch Job when its spec names no data set any more and another template serves it", () => {
    expect(decideDataset({ asked: "notes-a", served: "notes-a" }, {})).toEqual(["replace"]);
    expect(decideDataset({ asked: "notes-a", served: "notes-a" }, { served: "notes-a" })).toEqual(["replace"]);
    expect(decideDataset({ served: "only" }, {})).toEqual([]);
  });

  it("keeps a batch Job of an earlier operator, unless it is known to do other work", () => {
    expect(decideDataset({}, {}, ofEarlierOperator)).toEqual([]);
    expect(decideDataset({ asked: "notes-a", served: "notes-a" }, {}, ofEarlierOperator)).toEqual([]);
    expect(decideDataset({}, { asked: "notes-a", served: "notes-a" }, ofEarlierOperator)).toEqual(["replace"]);
    const unannotated = withMarks(ofEarlierOperator(made.batchJob), "annotations", {});
    expect(kinds(decidePlaced({ batchJob: unannotated }))).toEqual(["place"]);
    const edited = aJob({ trainer: { ...job.spec.trainer, seed: 2 } }) as SeatsSnapshot["job"];
    const places = [aPlace(edited, { ...made, batchJob: ofEarlierOperator(made.batchJob) })];
    expect(kinds(decideSeats(someSeats({ job: edited, places })))).toEqual(["replace"]);
  });

  describe("whose batch Job somebody changes each time anew", () => {
    const drifted = (status?: object) => ({
      ...withSpec({ ttlSecondsAfterFinished: 3_600, backoffLimit: 0 }),
      metadata: { ...made.batchJob.metadata, generation: 2 },
      ...(status && { status }),
    });
    const drift = "backoffLimit: 0, ttlSecondsAfterFinished: 3600";
    const decideDrifted = (replacedUid: string, mended: string, status?: object): string[] => {
      const anchor = withMarks(made.anchor, "annotations", mendedDriftOf(replacedUid, mended));
      return kinds(decidePlaced({ anchor, batchJob: drifted(status) }));
    };
    const failed = (reason: string) => ({ conditions: [{ type: "Failed", status: "True", reason }] });

    it.each<[string, string[], ...Parameters<typeof decideDrifted>]>([
      ["keeps it when the one before was replaced for that", [], "former-uid", drift],
      [
        "gets another when the one before was replaced for something else",
        ["replace"],
        "former-uid",
        "backoffLimit: 9",
      ],
      ["gets another when it is the very one that was to be replaced", ["replace"], "batch-job-uid", drift],
      ["keeps it when its workers failed for good", [], "former-uid", drift, failed("FailedIndexes")],
      ["gets another when it failed by that", ["replace"], "former-uid", drift, failed("BackoffLimitExceeded")],
      ["keeps it when it failed by what is as it was made", [], "former-uid", drift, failed("DeadlineExceeded")],
    ])("%s", (_what, want, ...given) => {
      expect(decideDrifted(...given)).toEqual(want);
    });

    it("remembers no more of it than an annotation should hold", () => {
      const [value = ""] = Object.values(mendedDriftOf("former-uid", "x".repeat(9_999)));
      expect(value.length).toBeLessThan(1_024);
      const anchor = withMarks(made.anchor, "annotations", { [Annotation.MendedDrift]: value });
      expect(wasMended(anchor, made.batchJob, "x".repeat(9_999))).toBe(true);
    });
  });

  it("gets another batch Job when its spec names no accelerator any more", () => {
    const participants = withFirst({ accelerator: { resource: "nvidia.com/gpu", count: 2 } });
    const { batchJob } = madeObjects(aJob({ participants }) as SeatsSnapshot["job"]);
    expect(decidePlaced({}).actions).toEqual([]);
    expect(kinds(decidePlaced({ batchJob }))).toEqual(["replace"]);
  });

  it.each<[string, PodTemplateObject]>([
    ["other limits", named(runtime, { cpu: "8" })],
    ["a data set that the spec does not name", named({ ...runtime, "tributary.dev/dataset": "only" })],
  ])("keeps its batch Job when the member's admin gives the runtime %s", (_what, template) => {
    expect(ofOther({}, template).actions).toEqual([]);
  });

  const ofVersion = (version: string): PodTemplateObject => ({
    ...aTemplate,
    template: { ...aTemplate.template, metadata: { labels: { [Label.RuntimeVersion]: version } } },
  });

  it.each<[string, Record<string, unknown>, string[]]>([
    ["goes on", {}, []],
    ["was suspended", { suspend: true }, ["replace"]],
    ["lost its workers", { parallelism: 0 }, ["replace"]],
    ["got more workers than the spec asks for", { parallelism: 9 }, ["place"]],
  ])("of an earlier version of its runtime gets no more pods: one that %s", (_what, spec, wanted) => {
    const template = { state: "found", template: ofVersion("new") } as const;
    expect(kinds(decidePlaced({ template, batchJob: withSpec(spec) }))).toEqual(wanted);
  });

  it("is not made twice while the cache is late", () => {
    const plan = decideSeats(someSeats({ job, places: [aPlace(job, { isSettled: false })] }));
    expect(kinds(plan)).toEqual([]);
    expect(plan.requeueAfterMs).toBe(1_000);
  });

  it.each<[string, Partial<PlaceObservation>, Partial<SeatsSnapshot>]>([
    ["the aggregator has no address", {}, {}],
    [
      "its job is being deleted",
      {},
      { job: { ...job, metadata: { ...job.metadata, deletionTimestamp: "2027-01-01" } } },
    ],
    ["the member offers no such runtime", { template: { state: "runtime-missing", offered: [] } }, {}],
  ])("waits while %s", (what, place, seats) => {
    const { aggregator: _none, ...unaddressed } = someSeats({ job, ...seats, places: [aPlace(job, place)] });
    const seen = what.includes("address") ? unaddressed : someSeats({ job, ...seats, places: [aPlace(job, place)] });
    expect(kinds(decideSeats(seen))).toEqual([]);
  });

  it("is not touched while its namespace cannot be read, which is told", () => {
    const unread = { reason: "RBACDenied", message: "namespace jobs cannot be read" };
    const plan = decideSeats(someSeats({ job, places: [aPlace(job, { unread })] }));
    expect(plan.actions).toEqual([]);
    expect(plan.report.problems).toEqual([{ participant: "aws", namespace: "jobs", problem: unread }]);
  });
});

describe("places that leave", () => {
  const leaving = (changes: Partial<PlaceObservation["placement"]>, hasEndingPods = false): PlaceObservation =>
    aPlace(job, { placement: aPlacement({ state: "Leaving", ...changes }), hasEndingPods });

  it("are emptied together, one removal a namespace, and looked at again", () => {
    const places = [leaving({}), leaving({ participant: "gcp" }, true), leaving({ namespace: "other" })];
    const plan = decideSeats(someSeats({ job, places }));
    expect(plan.actions).toMatchObject([
      {
        type: "empty",
        namespace: "jobs",
        placements: [{ participant: "aws" }, { participant: "gcp" }],
        withEndingPods: ["gcp"],
      },
      { type: "empty", namespace: "other", withEndingPods: [] },
    ]);
    expect(plan.requeueAfterMs).toBe(1_000);
  });

  it("are emptied also in a namespace that is mapped no more and of a participant that the spec names no more", () => {
    const { participant: _gone, ...place } = leaving({ namespace: "old" });
    expect(kinds(decideSeats(someSeats({ job, places: [place] })))).toEqual(["empty"]);
  });

  it("of another uid are emptied by that uid", () => {
    const places = [leaving({}), leaving({ participant: "gcp", jobUid: "earlier" })];
    expect(kinds(decideSeats(someSeats({ job, places })))).toEqual(["empty", "empty"]);
  });
});

describe("a member", () => {
  it.each<[SeatsSnapshot["member"], string]>([
    [{ state: "missing" }, "ClusterNotFound"],
    [
      { state: "unreachable", problem: { reason: "ClusterUnreachable", message: "it does not answer" } },
      "ClusterUnreachable",
    ],
  ])("that is %o confirms nothing and is not written to", (member, reason) => {
    const places = [aPlace(job), aPlace(job, { placement: aPlacement({ state: "Leaving", participant: "old" }) })];
    const plan = decideSeats(someSeats({ job, member, places, isUnsearched: true }));
    expect(plan.actions).toEqual([]);
    expect(plan.report.empty).toEqual([]);
    expect(plan.report.problems.map(({ problem }) => problem.reason)).toEqual([reason, reason]);
    expect(plan.report.searchProblem?.reason).toBe(reason);
    expect(decideSeats(someSeats({ job, member, places })).report.searchProblem).toBeUndefined();
  });

  it("is searched when the record of the job was lost", () => {
    expect(decideSeats(someSeats({ job, places: [], isUnsearched: true })).actions).toMatchObject([
      { type: "search", namespaces: ["jobs"] },
    ]);
  });
});
