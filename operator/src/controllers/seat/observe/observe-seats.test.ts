import { expect, it } from "vitest";
import { aJob, aPlacement, withPlacements } from "../../federated-training-job/testing/a-snapshot.ts";
import type { MemberState } from "../../member-cluster/member-directory.ts";
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
