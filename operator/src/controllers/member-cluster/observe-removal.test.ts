import type { MemberCluster } from "@tributary/contracts";
import { describe, expect, it } from "vitest";
import type { ApiClient, ListOptions } from "../../runtime/api/api-client.ts";
import type { KubeObject, ObjectRef, OwnerReference } from "../../runtime/api/object.ts";
import type { Resource } from "../../runtime/api/resource.ts";
import { ourMark } from "../shared/written-by-us.ts";
import { decideRemoval } from "./decide/removal.ts";
import { observeRemoval } from "./observe-removal.ts";

const labels = {
  "tributary.dev/job-uid": "gone",
  "tributary.dev/job-namespace": "research",
  "tributary.dev/job-name": "notes",
};
const { signal } = new AbortController();

const aJob = (name: string, managedFields: unknown[]): KubeObject => ({
  metadata: { name, uid: name, labels, managedFields },
});
const aPod = (owner?: Pick<OwnerReference, "apiVersion" | "kind" | "name">): KubeObject => ({
  metadata: {
    name: "pod",
    uid: "pod",
    labels,
    ...(owner ? { ownerReferences: [{ ...owner, uid: owner.name, controller: true }] } : {}),
  },
});
const byOthers = [{ manager: "kubectl" }];
const batch = { apiVersion: "batch/v1", kind: "Job" };

/** What a deletion decides in a member with these objects; `unlabelled` Jobs show only to who asks for them by name. */
async function decide(given: { jobs?: KubeObject[]; unlabelled?: KubeObject[]; pods: KubeObject[] }) {
  const client = {
    cluster: "aws",
    async list({ kind }: Resource, { prepare = (one) => one }: ListOptions) {
      const objects = kind === "Job" ? (given.jobs ?? []) : kind === "Pod" ? given.pods : [];
      return objects.map((object) => prepare(structuredClone(object)));
    },
    get: async (_kind: Resource, { name }: ObjectRef) =>
      given.unlabelled?.find(({ metadata }) => metadata.name === name),
  } as unknown as ApiClient;
  const member = { metadata: { name: "aws" }, spec: { namespaces: [] }, status: { lastHeardTime: "x" } };
  const state = { state: "reachable", heardMs: 0, client, view: undefined as never } as const;
  const sources = { member: member as unknown as MemberCluster, state, jobs: [], namespaces: ["jobs"], hubId: "hub" };
  return decideRemoval(await observeRemoval(sources, signal));
}

describe("the deletion of a member", () => {
  it.each<[string, Parameters<typeof decide>[0]]>([
    ["a Job that somebody copied", { jobs: [aJob("copy", byOthers)], pods: [aPod({ ...batch, name: "copy" })] }],
    [
      "a Job whose template alone was copied",
      { unlabelled: [aJob("copy", byOthers)], pods: [aPod({ ...batch, name: "copy" })] },
    ],
    ["a ReplicaSet", { pods: [aPod({ apiVersion: "apps/v1", kind: "ReplicaSet", name: "set" })] }],
    ["a StatefulSet", { pods: [aPod({ apiVersion: "apps/v1", kind: "StatefulSet", name: "set" })] }],
  ])("does not wait for pods of %s", async (_what, given) => {
    expect(await decide(given)).toEqual({ verdict: "go", isForced: false, leaves: [] });
  });

  it.each<[string, Parameters<typeof decide>[0]]>([
    ["a Job of ours", { jobs: [aJob("ours", ourMark)], pods: [aPod({ ...batch, name: "ours" })] }],
    ["a Job that is gone", { pods: [aPod({ ...batch, name: "ours" })] }],
    ["no Job any more", { pods: [aPod()] }],
  ])("waits for pods of %s", async (_what, given) => {
    expect(await decide(given)).toMatchObject({ verdict: "wait", waitsFor: expect.stringContaining("research/notes") });
  });
});
