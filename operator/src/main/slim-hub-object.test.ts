import { type FederatedTrainingJob, FieldManager, Kinds } from "@tributary/contracts";
import { describe, expect, it } from "vitest";
import { ownershipOf } from "../controllers/federated-training-job/act/hub-objects.ts";
import {
  renderAggregatorConfig,
  renderAggregatorService,
  renderAggregatorStatefulSet,
} from "../controllers/federated-training-job/render/aggregator.ts";
import { aJob, someSettings } from "../controllers/federated-training-job/testing/a-snapshot.ts";
import type { ApiClient } from "../runtime/api/api-client.ts";
import { createOwnedApply } from "../runtime/api/apply-owned.ts";
import type { KubeObject, Unstructured } from "../runtime/api/object.ts";
import { slimAggregatorPart, slimOwnKind } from "./slim-hub-object.ts";

const job: FederatedTrainingJob = aJob();
const run = { settings: someSettings.aggregator, members: [] };
const bare = ({ apiVersion: _version, kind: _kind, ...fields }: object & { apiVersion?: unknown; kind?: unknown }) =>
  fields as unknown as Unstructured;
const parts = {
  ConfigMap: bare(renderAggregatorConfig(job, { run, isOpen: false })),
  Service: bare(renderAggregatorService(job)),
  StatefulSet: bare(renderAggregatorStatefulSet(job, { run, replicas: 1 })),
};
const quarter = "x".repeat(256 * 1024);
const sizeOf = (object: unknown): number => JSON.stringify(object).length;

describe("an object with the hub's label in the cache", () => {
  it.each(Object.entries(parts))("is whole when it is the %s of a job's aggregator", (_kind, object) => {
    expect(slimAggregatorPart(object)).toEqual(object);
  });

  it.each(["ConfigMap", "Service", "StatefulSet"] as const)(
    "costs no call while the %s is as it should be",
    async (kind) => {
      const intent = parts[kind];
      const managedFields = [{ manager: FieldManager.Operator }];
      const known = { uid: "u", resourceVersion: "7", managedFields, annotations: { note: "theirs" } };
      const live = { ...intent, metadata: { ...intent.metadata, ...known }, status: { readyReplicas: 1 } };
      const calls: string[] = [];
      const call = (name: string, answer?: object) => async () => {
        calls.push(name);
        return answer;
      };
      const client = { cluster: "hub", get: call("get"), apply: call("apply", live) } as unknown as ApiClient;
      const owned = createOwnedApply(client, { fieldManager: FieldManager.Operator });
      await owned.apply(Kinds[kind], intent, ownershipOf(client, job));
      const cached = slimAggregatorPart(live);
      expect(await owned.apply(Kinds[kind], intent, ownershipOf(client, job), { cached })).toMatchObject({
        wasSkipped: true,
      });
      expect(calls).toEqual(["get", "apply"]);
    },
  );

  it.each<[string, Partial<KubeObject["metadata"]>]>([
    ["has no owner", { ownerReferences: [] }],
    ["has the name of no aggregator", { name: "notes" }],
    ["has the name of another job's aggregator", { name: "other-aggregator" }],
  ])("is only known to be there when it %s", (_what, changes) => {
    for (const object of Object.values(parts)) {
      const slim = slimAggregatorPart({ ...object, metadata: { ...object.metadata, ...changes } });
      expect(Object.keys(slim)).toEqual(["metadata"]);
      expect(slim.metadata.ownerReferences).toBeUndefined();
      expect(slim.metadata.labels).toEqual(object.metadata.labels);
    }
  });

  it("is small however much somebody put beside what the aggregator reads, and shows what of that was made too long", () => {
    const { metadata, data } = parts.ConfigMap as Unstructured & { data: Record<string, string> };
    const theirs = { ...data, "job.json": quarter.repeat(4), junk: quarter };
    const slim = slimAggregatorPart({
      metadata: { ...metadata, annotations: { note: quarter } },
      data: theirs,
      binaryData: { junk: quarter },
    });
    expect(slim.data).toEqual({ ...data, "job.json": expect.stringContaining("too long to be kept") });
    expect(sizeOf(slim)).toBeLessThan(sizeOf(parts.ConfigMap) + 500);
  });

  it("keeps every configuration that an API server takes", () => {
    const half = "x".repeat(512 * 1024);
    const data = { "job.json": half, "frozen.json": half };
    expect(slimAggregatorPart({ ...parts.ConfigMap, data }).data).toEqual(data);
  });
});

it("drops from a job what others noted on it, and keeps what a person says to the operator", () => {
  const annotations = { "tributary.dev/abandon-clusters": "lab", note: quarter };
  const managedFields = [{ manager: "kubectl" }];
  const finalizers = ["tributary.dev/cleanup"];
  const labels = { team: "ml" };
  const given = aJob({}, { annotations, finalizers, labels });
  const slim = slimOwnKind({ ...given, metadata: { ...given.metadata, managedFields } } as KubeObject);
  const { annotations: _all, ...metadata } = given.metadata;
  expect(slim).toEqual({
    ...given,
    metadata: { ...metadata, annotations: { "tributary.dev/abandon-clusters": "lab" } },
  });
});
