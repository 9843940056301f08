import type { KubeObject } from "../api/object.ts";

/** Fields of `coordination.k8s.io/v1` Lease that the election reads and writes. */
export interface LeaseSpec {
  holderIdentity?: string;
  leaseDurationSeconds?: number;
  acquireTime?: string;
  renewTime?: string;
  leaseTransitions?: number;
}

/** A Lease as the API sends it. */
export interface LeaseObject extends KubeObject {
  spec?: LeaseSpec;
}

/** Times of an election, in milliseconds. */
export interface LeaseTimes {
  /** A lease that was not renewed for this long may be taken; 15 s by default. */
  readonly leaseMs: number;
  /** A leader that could not renew for this long stops leading; must be shorter than `leaseMs`; 10 s by default. */
  readonly renewDeadlineMs: number;
  /** Pause between renewals and between tries; 2 s by default. */
  readonly retryMs: number;
}

/** The values of controller-runtime and Kueue. */
export const defaultLeaseTimes: LeaseTimes = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

/** A lease and the local monotonic time at which this state of it was first seen. */
export interface Observation {
  readonly lease: LeaseObject;
  readonly seenAtMs: number;
}

/** Keeps the time of the first sight of a state: only a change counts as a sign of life, never the holder's clock. */
export function observe(before: Observation | undefined, lease: LeaseObject, nowMs: number): Observation {
  const isSame = before?.lease.metadata.resourceVersion === lease.metadata.resourceVersion;
  return isSame && before ? before : { lease, seenAtMs: nowMs };
}

/** Who runs for a lease. */
export interface LeaseCandidate {
  /** Unique per process; another process with the same identity would renew this one's lease. */
  readonly identity: string;
  /**
   * Beginning of the identities of processes that are known to have ended, such as earlier containers of the same pod: a lease
   * that such a one left behind is free. Only for names that no two live processes can share.
   */
  readonly predecessors?: string | undefined;
}

/** What to do with a lease: take or renew it by this spec, or wait for so long. */
export type LeaseDecision =
  | { readonly act: "write"; readonly spec: LeaseSpec; readonly isRenewal: boolean }
  | { readonly act: "wait"; readonly waitMs: number };

/** RFC 3339 with microseconds, the form of a Lease's times. */
export function microTime(nowMs: number): string {
  return new Date(nowMs).toISOString().replace("Z", "000Z");
}

/**
 * Decides on a lease by what was observed of it. A holder counts as dead when its lease has not changed for the duration
 * that the lease itself names, by the local monotonic clock; so clocks of replicas may differ by any amount.
 *
 * @param nowMs local monotonic time. @param wallMs wall-clock time, only written, never compared.
 */
export function decideOnLease(
  observation: Observation,
  candidate: LeaseCandidate,
  times: LeaseTimes,
  nowMs: number,
  wallMs: number,
): LeaseDecision {
  const { identity, predecessors } = candidate;
  const spec = observation.lease.spec ?? {};
  const holder = spec.holderIdentity ?? "";
  const isOurs = holder === identity;
  const isFree = holder === "" || (predecessors !== undefined && !isOurs && holder.startsWith(predecessors));
  const heldMs = (spec.leaseDurationSeconds ?? times.leaseMs / 1000) * 1000;
  const leftMs = observation.seenAtMs + heldMs - nowMs;
  if (!isOurs && !isFree && leftMs > 0) return { act: "wait", waitMs: Math.min(leftMs, times.retryMs) };
  const next: LeaseSpec = {
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(times.leaseMs / 1000),
    acquireTime: isOurs ? (spec.acquireTime ?? microTime(wallMs)) : microTime(wallMs),
    renewTime: microTime(wallMs),
    leaseTransitions: (spec.leaseTransitions ?? 0) + (isOurs ? 0 : 1),
  };
  return { act: "write", spec: next, isRenewal: isOurs };
}
