import { describe, expect, it } from "vitest";
import type { Unstructured } from "../../runtime/api/object.ts";
import { failedIndexesOf, findJobFailure } from "../federated-training-job/observe/job-problem.ts";
import { aJob, aTemplate } from "../federated-training-job/testing/a-snapshot.ts";
import { decideSeats } from "../seat/decide/decide-seats.ts";
import type { SeatsSnapshot } from "../seat/snapshot.ts";
import { aPlace, madeObjects, someSeats } from "../seat/testing/some-seats.ts";
import { slimBatchJob } from "./slim-batch-job.ts";

const accelerated = [{ ...aJob().spec.participants[0]!, accelerator: { resource: "nvidia.com/gpu", count: 2 } }];
const job = aJob({ participants: [...accelerated, aJob().spec.participants[1]!] }) as SeatsSnapshot["job"];
const made = madeObjects(job);
const spec = made.batchJob.spec as { readonly template: { readonly spec: { readonly containers: object[] } } };
const quarter = "x".repeat(256 * 1024);
const withSpec = (changes: object): Unstructured => ({ ...made.batchJob, spec: { ...spec, ...changes } });
const withContainers = (containers: readonly object[]): Unstructured =>
  withSpec({ template: { ...spec.template, spec: { ...spec.template.spec, containers } } });

const actionsOf = (batchJob: Unstructured): string[] => {
  const places = [aPlace(job, { ...made, batchJob: slimBatchJob(batchJob) })];
  return decideSeats(someSeats({ job, places })).actions.map(({ type }) => type);
};

describe("a batch Job in the cache", () => {
  it.each<[string, Unstructured, string[]]>([
    ["as it was made", made.batchJob, []],
    ["that was scaled", withSpec({ parallelism: 0 }), ["place"]],
    ["that was suspended", withSpec({ suspend: true }), ["place"]],
    ["of another size", withSpec({ completions: 7 }), ["replace"]],
    ["without its devices", withContainers(aTemplate.template.spec.containers), ["replace"]],
    [
      "of an earlier operator with other terms",
      {
        ...withSpec({ template: { ...spec.template, metadata: {} } }),
        metadata: { ...made.batchJob.metadata, annotations: { "tributary.dev/trainer-terms": quarter } },
      },
      ["replace"],
    ],
    [
      "with other terms",
      withSpec({ template: { ...spec.template, metadata: { labels: { "tributary.dev/terms": "others" } } } }),
      ["replace"],
    ],
    [
      "whose annotation somebody changed",
      {
        ...made.batchJob,
        metadata: { ...made.batchJob.metadata, annotations: { "tributary.dev/trainer-terms": quarter } },
      },
      ["place"],
    ],
  ])("shows what is to be done about one %s", (_what, batchJob, want) => {
    expect(actionsOf(batchJob)).toEqual(want);
  });

  it("shows how it fares", () => {
    const failed = { type: "Failed", status: "True", reason: "MaxFailedIndexesExceeded", message: "too many" };
    const status = {
      active: 1,
      failedIndexes: "1,3-5",
      conditions: [failed],
      uncountedTerminatedPods: { failed: ["u"] },
    };
    const slim = slimBatchJob({ ...made.batchJob, status });
    expect(slim.status).toEqual({ active: 1, failedIndexes: "1,3-5", conditions: [failed] });
    expect(failedIndexesOf(slim)).toEqual(["1", "3", "4", "5"]);
    expect(findJobFailure(slim)?.message).toContain("MaxFailedIndexesExceeded too many");
  });

  it.each<[string, Unstructured]>([
    ["a container with a long environment", withContainers([{ name: "x", env: [{ name: "A", value: quarter }] }])],
    ["many containers", withContainers(Array.from({ length: 999 }, (_none, index) => ({ name: `c${index}` })))],
    [
      "many kinds of devices",
      withContainers([
        {
          name: "trainer",
          resources: { limits: Object.fromEntries(Array.from({ length: 9_999 }, (_none, at) => [`a.b/${at}`, "1"])) },
        },
      ]),
    ],
    ["a long status", { ...made.batchJob, status: { failedIndexes: quarter, conditions: [{ message: quarter }] } }],
    [
      "many labels of its pods",
      withSpec({
        template: {
          metadata: { labels: Object.fromEntries(Array.from({ length: 9_999 }, (_none, at) => [`l${at}`, "v"])) },
        },
      }),
    ],
  ])("is small however much somebody put into it: %s", (_what, object) => {
    expect(JSON.stringify(slimBatchJob(object)).length).toBeLessThan(8_000);
  });
});
