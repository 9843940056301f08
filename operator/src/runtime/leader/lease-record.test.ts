import { describe, expect, it } from "vitest";
import { decideOnLease, defaultLeaseTimes, type LeaseSpec, microTime, observe } from "./lease-record.ts";

const wallMs = Date.UTC(2026, 0, 1);

function decide(spec: LeaseSpec, seenAgoMs: number, predecessors?: string) {
  const nowMs = 1_000_000;
  const lease = { metadata: { name: "l", resourceVersion: "1" }, spec };
  return decideOnLease(
    { lease, seenAtMs: nowMs - seenAgoMs },
    { identity: "me", predecessors },
    defaultLeaseTimes,
    nowMs,
    wallMs,
  );
}

describe("decideOnLease", () => {
  const theirs: LeaseSpec = { holderIdentity: "them", leaseDurationSeconds: 15, leaseTransitions: 4 };

  it.each([
    { when: "nobody ever held it", spec: {}, seenAgoMs: 0, transitions: 1 },
    { when: "it was released", spec: { ...theirs, holderIdentity: "" }, seenAgoMs: 0, transitions: 5 },
    { when: "its holder has been silent for its whole duration", spec: theirs, seenAgoMs: 15_000, transitions: 5 },
  ])("takes the lease when $when", ({ spec, seenAgoMs, transitions }) => {
    expect(decide(spec, seenAgoMs)).toMatchObject({
      act: "write",
      isRenewal: false,
      spec: { holderIdentity: "me", leaseTransitions: transitions, leaseDurationSeconds: 15 },
    });
  });

  it.each([
    { seenAgoMs: 0, waitMs: 2_000 },
    { seenAgoMs: 14_200, waitMs: 800 },
  ])("waits $waitMs ms for a lease that changed $seenAgoMs ms ago", ({ seenAgoMs, waitMs }) => {
    expect(decide(theirs, seenAgoMs)).toEqual({ act: "wait", waitMs });
  });

  it("takes at once what an earlier process of its own pod left, with a greater token", () => {
    const left = { ...theirs, holderIdentity: "pod-a_1" };
    expect(decide(left, 0, "pod-a_")).toMatchObject({ act: "write", spec: { leaseTransitions: 5 } });
    expect(decide(left, 0, "pod-b_")).toMatchObject({ act: "wait" });
    expect(decide({ ...theirs, holderIdentity: "pod-a" }, 0, "pod-a_")).toMatchObject({ act: "wait" });
  });

  it("takes no notice of the holder's own clock", () => {
    expect(decide({ ...theirs, renewTime: microTime(wallMs - 3_600_000) }, 1_000)).toMatchObject({ act: "wait" });
    expect(decide({ ...theirs, renewTime: microTime(wallMs + 3_600_000) }, 15_000)).toMatchObject({ act: "write" });
  });

  it("keeps acquire time and token when it renews", () => {
    const ours = { holderIdentity: "me", acquireTime: "2025-01-01T00:00:00.000000Z", leaseTransitions: 4 };
    expect(decide(ours, 99_000)).toMatchObject({
      isRenewal: true,
      spec: { acquireTime: ours.acquireTime, leaseTransitions: 4, renewTime: "2026-01-01T00:00:00.000000Z" },
    });
  });
});

describe("observe", () => {
  it("takes only a change for a sign of life", () => {
    const lease = { metadata: { name: "l", resourceVersion: "1" } };
    const first = observe(undefined, lease, 10);
    expect(observe(first, { ...lease }, 500).seenAtMs).toBe(10);
    expect(observe(first, { metadata: { name: "l", resourceVersion: "2" } }, 500).seenAtMs).toBe(500);
  });
});
