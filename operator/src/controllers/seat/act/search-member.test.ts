import { Kinds, Label } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import { searchMember } from "./search-member.ts";

const forbidden = new TributaryError("FORBIDDEN", "may not list", { details: { reason: "Forbidden" } });
const { signal } = new AbortController();

/** A member with one seat of the job in namespace `jobs` and a copy that somebody made; every other namespace refuses the hub. */
function aMember(present: readonly string[] | undefined): ApiClient {
  const labels = { [Label.Participant]: "aws" };
  return {
    cluster: "aws-1",
    async list(kind: unknown, { namespace }: { namespace: string }) {
      if (namespace !== "jobs") throw forbidden;
      const copy = { [Label.Participant]: "copy" };
      return kind === Kinds.Pod
        ? []
        : [
            { metadata: { name: "x", labels, managedFields: [{ manager: "tributary" }] } },
            { metadata: { name: "copy", labels: copy, managedFields: [{ manager: "kubectl" }] } },
          ];
    },
    async get(_kind: unknown, { name }: { name: string }) {
      if (present === undefined) throw forbidden;
      return present.includes(name) ? { metadata: { name } } : undefined;
    },
  } as unknown as ApiClient;
}

describe("searchMember", () => {
  it("finds nothing in a namespace that is gone, and goes on with the others", async () => {
    const found = await searchMember(aMember(["jobs"]), "hub", "uid", ["gone", "jobs"], signal);
    expect(found).toEqual([{ participant: "aws", namespace: "jobs", name: "x" }]);
  });

  it.each([
    { what: "is there", present: ["jobs", "shut"] },
    { what: "may be there", present: undefined },
  ])("concludes nothing from a namespace that refuses the hub and $what", async ({ present }) => {
    const search = searchMember(aMember(present), "hub", "uid", ["shut", "jobs"], signal);
    await expect(search).rejects.toMatchObject({
      code: "FORBIDDEN",
      cause: forbidden,
      message: expect.stringMatching(/^namespace shut of MemberCluster aws-1 cannot be searched.*may not list; have/u),
    });
  });

  it("takes a pod for one of the batch Job that it is named after", async () => {
    const list = async (kind: unknown) =>
      kind === Kinds.Pod
        ? [{ metadata: { name: "notes-aws-x1-12-k7p2q", labels: { [Label.Participant]: "aws" } } }]
        : [];
    const found = await searchMember({ list } as unknown as ApiClient, "hub", "uid", ["jobs"], signal);
    expect(found).toEqual([{ participant: "aws", namespace: "jobs", name: "notes-aws-x1" }]);
  });

  it("finds no place by pods that come of what others made", async () => {
    const labels = { [Label.Participant]: "aws" };
    const podOf = (name: string, owner: object) => ({
      metadata: { name: `${name}-0-k7p2q`, labels, ownerReferences: [{ name, uid: name, controller: true, ...owner }] },
    });
    const batchJob = { apiVersion: "batch/v1", kind: "Job" };
    const pods = [
      podOf("set", { apiVersion: "apps/v1", kind: "StatefulSet" }),
      podOf("copy", batchJob),
      podOf("gone", batchJob),
    ];
    const copy = { metadata: { name: "copy", uid: "copy", labels, managedFields: [{ manager: "kubectl" }] } };
    const lists = new Map<unknown, object[]>([
      [Kinds.Job, [copy]],
      [Kinds.Pod, pods],
    ]);
    const client = { list: async (kind: unknown) => lists.get(kind) ?? [], get: async () => undefined };
    const found = await searchMember(client as unknown as ApiClient, "hub", "uid", ["jobs"], signal);
    expect(found).toEqual([{ participant: "aws", namespace: "jobs", name: "gone" }]);
  });

  it("tries all of a hundred namespaces, a few at once, and names those that refuse", async () => {
    const namespaces = Array.from({ length: 100 }, (_none, index) => `n-${String(index).padStart(2, "0")}`);
    let [running, most, calls] = [0, 0, 0];
    const list = async (_kind: unknown, { namespace }: { namespace: string }) => {
      calls += 1;
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      if (namespace.endsWith("5")) throw forbidden;
      return [];
    };
    const client = { cluster: "aws-1", list, get: async () => ({}) } as unknown as ApiClient;
    const failure = await searchMember(client, "hub", "uid", namespaces, signal).catch((error: Error) => error.message);
    expect(failure).toContain(
      "namespace n-05 of MemberCluster aws-1 (likewise n-15, n-25, n-35, n-45, n-55 and 4 more)",
    );
    expect([most, calls]).toEqual([8, 280]);
  });
});
