import type { MemberCluster } from "@tributary/contracts";
import { describe, expect, it } from "vitest";
import type { MemberSnapshot } from "./snapshot.ts";
import { renderMemberStatus } from "./status.ts";

const startMs = Date.parse("2027-01-15T08:00:00Z");

function aSnapshot(status: MemberCluster["status"], changes: Partial<MemberSnapshot> = {}): MemberSnapshot {
  const nowMs = changes.nowMs ?? startMs;
  const member = {
    metadata: { name: "aws", generation: 3 },
    spec: {},
    ...(status === undefined ? {} : { status }),
  } as MemberCluster;
  return {
    nowMs,
    member,
    link: { state: "reachable", heardMs: nowMs },
    credential: { state: "in-use" },
    namespaces: [{ name: "jobs", isMapped: true }],
    nodes: {
      state: "known",
      totals: { readyNodes: 2, accelerators: [{ resource: "nvidia.com/gpu", allocatable: 16 }] },
    },
    requested: new Map([["nvidia.com/gpu", 6]]),
    gate: { state: "absent" },
    leftovers: { beganMs: 0, remaining: new Map(), problems: [] },
    ...changes,
  };
}

const written = renderMemberStatus(aSnapshot(undefined));

describe("the status of a member", () => {
  it("tells what is offered and what is free", () => {
    expect(written).toMatchObject({
      observedGeneration: 3,
      nodes: 2,
      accelerators: [{ resource: "nvidia.com/gpu", allocatable: 16, free: 10 }],
      acceleratorsSummary: "10/16",
      lastHeardTime: "2027-01-15T08:00:00.000Z",
      namespaces: [{ name: "jobs", mapped: true, ready: true }],
    });
  });

  it("is written again only when something changed, or to show every half minute that it is fresh", () => {
    expect(renderMemberStatus(aSnapshot(written, { nowMs: startMs + 29_000 }))).toBeUndefined();
    const later = renderMemberStatus(aSnapshot(written, { nowMs: startMs + 30_000 }));
    expect(later).toEqual({
      ...written,
      lastHeardTime: "2027-01-15T08:00:30.000Z",
      nodesObservedTime: "2027-01-15T08:00:30.000Z",
    });
  });

  it("of a member that is away looks stale: nothing is free, and what was known last has its time", () => {
    const problem = { reason: "ClusterUnreachable", message: "no answer" };
    const link = { state: "unreachable", problem, sinceMs: startMs + 1_000, heardMs: startMs } as const;
    const nodes = { state: "connecting" } as const;
    const away = renderMemberStatus(aSnapshot(written, { nowMs: startMs + 60_000, link, nodes }));
    expect(away).toMatchObject({
      nodes: 2,
      nodesObservedTime: "2027-01-15T08:00:00.000Z",
      lastHeardTime: "2027-01-15T08:00:00.000Z",
      disconnectedSince: "2027-01-15T08:00:01.000Z",
    });
    expect(away).not.toHaveProperty("acceleratorsSummary");
  });

  it("keeps no condition that is decided no more", () => {
    const problem = { reason: "SecretNotFound", message: "no Secret" };
    const link = { state: "unreachable", problem, sinceMs: startMs } as const;
    const stalled = renderMemberStatus(aSnapshot(written, { link }));
    expect(stalled?.conditions?.map(({ type }) => type)).toContain("Stalled");
    expect(renderMemberStatus(aSnapshot(stalled))?.conditions?.map(({ type }) => type)).not.toContain("Stalled");
  });
});
