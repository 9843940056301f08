import { TributaryError } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import type { ApiClient, CallOptions, DeleteOptions, ListOptions } from "../../runtime/api/api-client.ts";
import type { KubeObject } from "../../runtime/api/object.ts";
import { createFakeClock } from "../../runtime/testing/fake-clock.ts";
import { Collector, type CollectorDeps } from "./collector.ts";

const metadata = {
  name: "a",
  namespace: "jobs",
  uid: "o",
  labels: { "tributary.dev/job-uid": "gone", "tributary.dev/job-namespace": "research", "tributary.dev/job-name": "a" },
  managedFields: [{ manager: "tributary-operator" }],
};
const unavailable = new TributaryError("API_UNAVAILABLE", "no answer");
const forbidden = new TributaryError("FORBIDDEN", "may not list", { details: { reason: "Forbidden" } });

interface Given {
  readonly hub: () => Promise<unknown[]>;
  readonly cached?: readonly string[];
  readonly memberOf?: (namespace: string | undefined) => Promise<KubeObject[]>;
  readonly namespaces?: readonly string[];
  /** Namespaces that the member says are there; it may refuse to say. */
  readonly present?: readonly string[];
}

function aCollector({ hub, cached = [], memberOf, namespaces = ["jobs"], present }: Given) {
  const deleted: string[] = [];
  const told: string[] = [];
  const deadlines = new Set<number | undefined>();
  const removed = new Set<string | undefined>();
  const client = {
    cluster: "aws",
    async list({ kind }: { kind: string }, { namespace, prepare = (one) => one, deadlineMs }: ListOptions) {
      deadlines.add(deadlineMs);
      return kind === "ConfigMap" && !removed.has(namespace)
        ? (await (memberOf?.(namespace) ?? [structuredClone({ metadata })])).map(prepare)
        : [];
    },
    async get(_kind: unknown, { name }: { name: string }, { deadlineMs }: CallOptions) {
      deadlines.add(deadlineMs);
      if (present === undefined) throw forbidden;
      return present.includes(name) ? { metadata: { name } } : undefined;
    },
    async delete(_kind: unknown, ref: { name: string; namespace: string }, { deadlineMs }: DeleteOptions) {
      deadlines.add(deadlineMs);
      deleted.push(ref.name);
      removed.add(ref.namespace);
    },
  } as unknown as ApiClient;
  const quiet = { info() {}, warn() {} } as unknown as CollectorDeps["log"];
  const collector = new Collector({
    hub: { list: hub } as unknown as ApiClient,
    members: { stateOf: () => ({ state: "reachable", heardMs: 0, client, view: undefined as never }) },
    namespacesOf: () => namespaces,
    isCachedJob: (uid) => cached.includes(uid),
    hubId: "hub",
    random: () => 0.5,
    clock: createFakeClock(),
    log: quiet,
    count: () => {},
    tell: (_cluster, note) => told.push(note),
    onReport: () => {},
  });
  const context = { signal: new AbortController().signal, reconcileId: "", failures: 0 };
  return { collector, deleted, told, deadlines, look: () => collector.reconcile("aws", context) };
}

describe("the collector", () => {
  it("removes what a job that the hub has no longer left, and tells it", async () => {
    const { look, deleted, told } = aCollector({ hub: async () => [] });
    expect(await look()).toEqual({ requeueAfterMs: 60_000 });
    expect(deleted).toEqual(["a"]);
    expect(told).toEqual(["removed ConfigMap jobs/a: made for job research/a, which the hub has no longer"]);
  });

  it.each<[string, Given]>([
    ["the hub does not say which jobs there are", { hub: () => Promise.reject(unavailable) }],
    ["the hub has the job and the cache does not yet", { hub: async () => [{ metadata: { name: "a", uid: "gone" } }] }],
    ["the cache has the job", { hub: () => Promise.reject(unavailable), cached: ["gone"] }],
  ])("removes nothing when %s", async (_what, given) => {
    const { look, deleted } = aCollector(given);
    await look();
    expect(deleted).toEqual([]);
  });

  const memberOf = (namespace: string | undefined) =>
    namespace === "shut" ? Promise.reject(forbidden) : Promise.resolve([structuredClone({ metadata })]);

  it("says that a namespace is empty only once it read so, not when a removal was accepted", async () => {
    const { look, collector } = aCollector({ hub: async () => [] });
    const remaining = () => [...(collector.reportOf("aws")?.remaining ?? [])];
    await look();
    expect(remaining()).toEqual([["jobs", 1]]);
    await look();
    expect(remaining()).toEqual([["jobs", 0]]);
  });

  it("knows that nothing is left in a namespace that refuses the hub because it is gone", async () => {
    const { look, collector } = aCollector({
      hub: async () => [],
      memberOf,
      namespaces: ["shut", "jobs"],
      present: ["jobs"],
    });
    await look();
    expect(collector.reportOf("aws")?.problems).toEqual([]);
    expect([...(collector.reportOf("aws")?.remaining ?? [])].sort()).toEqual([
      ["jobs", 1],
      ["shut", 0],
    ]);
  });

  it("gives no call to a member as much time as the look has, so that one that hangs is known by its calls", async () => {
    const { look, deleted, deadlines } = aCollector({ hub: async () => [], memberOf, namespaces: ["shut", "jobs"] });
    await look();
    expect(deleted).toEqual(["a"]);
    expect([...deadlines]).toEqual([10_000]);
  });

  it("says which namespace it may not search, and cleans the others", async () => {
    const { look, deleted, collector } = aCollector({ hub: async () => [], memberOf, namespaces: ["shut", "jobs"] });
    await look();
    expect(deleted).toEqual(["a"]);
    expect(collector.reportOf("aws")?.problems).toMatchObject([
      { reason: "RBACDenied", message: expect.stringContaining("namespace shut cannot be searched") },
    ]);
    expect([...(collector.reportOf("aws")?.remaining ?? [])]).toEqual([["jobs", 1]]);
  });
});
