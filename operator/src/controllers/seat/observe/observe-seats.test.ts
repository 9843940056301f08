import { TributaryError } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import type { Unstructured } from "../../../runtime/api/object.ts";
import type { Placement } from "../../federated-training-job/snapshot.ts";
import { aJob, aPlacement, withPlacements } from "../../federated-training-job/testing/a-snapshot.ts";
import type { MemberState } from "../../member-cluster/member-directory.ts";
import { ourMark } from "../../shared/written-by-us.ts";
import { printSeatKey } from "../seat-key.ts";
import { observeSeats, type SeatSources } from "./observe-seats.ts";

const refused = { reason: "RBACDenied", message: "namespace jobs cannot be read" };

/** Sources of a member that leads to a cluster and does not let the hub read the namespace of the place. */
function sourcesOf(clusterUid: string | undefined, recordedUid: string | undefined): SeatSources {
  const job = withPlacements(aJob(), aPlacement(recordedUid === undefined ? {} : { clusterUid: recordedUid }));
  const member = { state: "reachable", heardMs: 1, client: {}, view: {}, ...(clusterUid && { clusterUid }) };
  return {
    jobs: { get: () => job },
    members: {
      stateOf: (_cluster: string, namespace?: string) =>
        (namespace === undefined ? member : { state: "unreachable", problem: refused, sinceMs: 1 }) as MemberState,
    },
    namespacesOf: () => ["jobs"],
    aggregatorOf: async () => undefined,
    expectations: { areMet: () => true },
    reports: { begin() {} },
    hubId: "hub",
  } as unknown as SeatSources;
}

it.each([
  { when: "its member leads to another cluster", linked: "another", recorded: "former", want: "ClusterChanged" },
  { when: "its member leads to its own", linked: "former", recorded: "former", want: "RBACDenied" },
  { when: "its member does not say which it is", linked: undefined, recorded: "former", want: "RBACDenied" },
  { when: "nobody knows in which cluster it is", linked: "another", recorded: undefined, want: "RBACDenied" },
])("says of a place why it is not looked at when $when", async ({ linked, recorded, want }) => {
  const key = printSeatKey({ cluster: "aws-1", job: "research/notes" });
  const seen = await observeSeats(key, sourcesOf(linked, recorded), new AbortController().signal);
  expect(seen?.places).toMatchObject([{ unread: { reason: want } }]);
});

describe("an aggregator that may not be read", () => {
  const key = printSeatKey({ cluster: "aws-1", job: "research/notes" });
  const wanted = aPlacement({});
  const leaving = { ...wanted, participant: "moved", name: "moved", state: "Leaving" as const };

  function look(status: { placements: Placement[]; unsearchedClusters?: string[] }) {
    const job = { ...aJob(), status };
    const aggregatorOf = async () => Promise.reject(new TributaryError("FORBIDDEN", "secrets cannot be read"));
    const sources = { ...sourcesOf(undefined, undefined), jobs: { get: () => job }, aggregatorOf };
    return observeSeats(key, sources as unknown as SeatSources, new AbortController().signal);
  }

  it.each([
    { what: "a place that leaves", status: { placements: [wanted, leaving] } },
    { what: "a search", status: { placements: [wanted], unsearchedClusters: ["aws-1"] } },
  ])("does not hold up $what", async ({ status }) => {
    const seen = await look(status);
    expect(seen?.places).toHaveLength(status.placements.length);
    expect(seen).not.toHaveProperty("aggregator");
  });

  it("fails a look at nothing but places that need it", async () => {
    await expect(look({ placements: [wanted] })).rejects.toMatchObject({ code: "FORBIDDEN" });
  });
});

describe("what caches show under the name of a seat", () => {
  const { name } = aPlacement();
  const named = (managedFields: unknown[]) => ({ metadata: { name, namespace: "jobs", managedFields } });
  const ending = (jobName: string) =>
    ({
      metadata: {
        name: `${jobName}-0-x`,
        labels: { "batch.kubernetes.io/job-name": jobName },
        deletionTimestamp: "2027-01-15T08:00:00Z",
      },
    }) as Unstructured;
  const theirs = [{ manager: "kubectl" }];

  async function placeOf(managedFields: unknown[], pods: readonly Unstructured[]) {
    const shown = { configMaps: [named(managedFields)], jobs: [named(managedFields)], pods };
    const view = { objectsOf: (kind: keyof typeof shown) => shown[kind], podTemplates: () => [] };
    const stateOf = () => ({ state: "reachable", heardMs: 1, client: {}, view }) as unknown as MemberState;
    const key = printSeatKey({ cluster: "aws-1", job: "research/notes" });
    const sources = { ...sourcesOf(undefined, undefined), members: { stateOf } };
    return (await observeSeats(key, sources, new AbortController().signal))?.places[0];
  }

  it.each([
    { whose: "ours", managedFields: ourMark, pods: [ending(name)], want: [name, name, true] },
    { whose: "somebody else's", managedFields: theirs, pods: [ending(name)], want: [undefined, undefined, false] },
    { whose: "ours beside a pod of others", managedFields: ourMark, pods: [ending("x")], want: [name, name, false] },
  ])("is the seat's only when Tributary wrote it: $whose", async ({ managedFields, pods, want }) => {
    const place = await placeOf(managedFields, pods);
    expect([place?.anchor?.metadata.name, place?.batchJob?.metadata.name, place?.hasEndingPods]).toEqual(want);
  });
});
