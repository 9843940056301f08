import type { MemberCluster } from "@tributary/contracts";
import { describe, expect, it } from "vitest";
import type { LeftoverReport } from "../collector/leftover-report.ts";
import { decideConditions } from "./decide/conditions.ts";
import type { KnownNamespace } from "./known-namespaces.ts";
import type { MemberState } from "./member-directory.ts";
import { type MemberStanding, nextStanding } from "./member-standing.ts";
import { observeMember } from "./observe-member.ts";

const member = {
  metadata: { name: "aws", uid: "m" },
  spec: { access: { kubeconfig: { secretName: "s" } }, namespaces: [] },
} as unknown as MemberCluster;

const answers: MemberState = { state: "reachable", heardMs: 0, client: undefined as never, view: undefined as never };
const problem = { reason: "ClusterUnreachable", message: "no answer" };
const away: MemberState = { state: "unreachable", problem, sinceMs: 0 };

const mapped: KnownNamespace = { name: "a", isMapped: true, isInUse: false };
const used: KnownNamespace = { name: "a", isMapped: false, isInUse: true };
const idle: KnownNamespace = { name: "a", isMapped: false, isInUse: false };

const aReport = (beganMs: number, left: number | "unread" = 0): LeftoverReport => ({
  beganMs,
  remaining: new Map(left === "unread" ? [] : [["a", left]]),
  problems: [],
});

interface Look {
  readonly atMs: number;
  readonly namespace: KnownNamespace;
  readonly state?: MemberState;
  /** What the collector found last by then. */
  readonly report?: LeftoverReport;
  readonly clusterUid?: string;
}

/** What is said after the last of several looks of the member controller. */
function afterLooks(looks: readonly Look[]) {
  let standing: MemberStanding | undefined;
  let last: ReturnType<typeof observeMember> | undefined;
  for (const { atMs, namespace, state = answers, report, clusterUid } of looks) {
    const namespaces = [namespace];
    const isReachable = state.state === "reachable";
    standing = nextStanding(standing, { uid: "m", clusterUid, isReachable, namespaces, nowMs: atMs });
    const unknown = { known: undefined, reading: undefined, server: undefined, waitsFor: undefined };
    last = observeMember({ ...unknown, nowMs: atMs, member, state, namespaces, report, standing });
  }
  const clean = last === undefined ? undefined : decideConditions(last).find(({ type }) => type === "Clean");
  return { told: last?.namespaces.map(({ name }) => name), clean: `${clean?.status} ${clean?.reason}` };
}

describe("a namespace that is mapped no more", () => {
  it("is told of no more once a later look found it empty", () => {
    const looks = [
      { atMs: 0, namespace: mapped },
      { atMs: 1_000, namespace: idle },
      { atMs: 30_000, namespace: idle, report: aReport(20_000) },
    ];
    expect(afterLooks(looks)).toEqual({ told: [], clean: "True CleanedUp" });
  });

  it.each<[string, readonly Look[]]>([
    [
      "was found empty while it was mapped",
      [
        { atMs: 0, namespace: mapped },
        { atMs: 20_000, namespace: idle, report: aReport(10_000) },
      ],
    ],
    [
      "was found empty before a job used it and gave it up",
      [
        { atMs: 0, namespace: idle },
        { atMs: 21_000, namespace: used, report: aReport(20_000) },
        { atMs: 22_000, namespace: idle, report: aReport(20_000) },
      ],
    ],
    [
      "was found empty while what was being made there was under way",
      [
        { atMs: 0, namespace: mapped },
        { atMs: 1_000, namespace: idle },
        { atMs: 3_000, namespace: idle, report: aReport(2_000) },
      ],
    ],
    [
      "was found empty before the member was lost",
      [
        { atMs: 0, namespace: idle },
        { atMs: 21_000, namespace: idle, state: away, report: aReport(20_000) },
        { atMs: 60_000, namespace: idle, report: aReport(20_000) },
      ],
    ],
    [
      "was found empty and the member is away",
      [
        { atMs: 0, namespace: idle },
        { atMs: 21_000, namespace: idle, state: away, report: aReport(20_000) },
      ],
    ],
    [
      "was found empty in another cluster",
      [
        { atMs: 0, namespace: idle, clusterUid: "one" },
        { atMs: 21_000, namespace: idle, clusterUid: "two", report: aReport(20_000) },
      ],
    ],
    [
      "could not be read",
      [
        { atMs: 0, namespace: idle },
        { atMs: 30_000, namespace: idle, report: aReport(20_000, "unread") },
      ],
    ],
    [
      "holds something",
      [
        { atMs: 0, namespace: idle },
        { atMs: 30_000, namespace: idle, report: aReport(20_000, 1) },
      ],
    ],
    ["was never looked at", [{ atMs: 0, namespace: idle }]],
  ])("is told of while it %s", (_what, looks) => {
    expect(afterLooks(looks).told).toEqual(["a"]);
  });

  it("keeps its time when the cluster's uid comes to be known", () => {
    const looks = [
      { atMs: 0, namespace: idle },
      { atMs: 30_000, namespace: idle, clusterUid: "one", report: aReport(20_000) },
    ];
    expect(afterLooks(looks).told).toEqual([]);
  });
});

it("claims nothing of what removed jobs left from a look before the member was lost", () => {
  const before = { atMs: 0, namespace: mapped, report: aReport(0) };
  const lost = { atMs: 1_000, namespace: mapped, state: away, report: aReport(0) };
  const back = { atMs: 2_000, namespace: mapped, report: aReport(0) };
  expect(afterLooks([before]).clean).toBe("True CleanedUp");
  expect(afterLooks([before, lost]).clean).toBe("Unknown ClusterUnreachable");
  expect(afterLooks([before, lost, back]).clean).toBe("Unknown Connecting");
  expect(afterLooks([before, lost, back, { ...back, atMs: 4_000, report: aReport(3_000) }]).clean).toBe(
    "True CleanedUp",
  );
});
