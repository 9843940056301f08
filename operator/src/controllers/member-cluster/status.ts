import { createHash, X509Certificate } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { type MemberCluster, Reason } from "@tributary/contracts";
import { type DecidedCondition, mergeConditions, type WrittenCondition } from "../shared/merge-conditions.ts";
import type { MemberState } from "./member-directory.ts";
import type { ProbeResult } from "./probe.ts";

type MemberStatus = NonNullable<MemberCluster["status"]>;

/** Least time between two writes that only move `lastHeardTime`, in milliseconds. */
const heardIntervalMs = 30_000;
const credentialReasons: readonly string[] = [
  Reason.CredentialRejected,
  Reason.KubeconfigInvalid,
  Reason.SecretNotFound,
];

/** What is known of a member besides its state. */
export interface MemberFacts {
  /** What it offers; absent when it could not be asked. */
  readonly probe: ProbeResult | undefined;
  /** Accelerators that this hub's pods request there. */
  readonly requested: ReadonlyMap<string, number>;
  /** When the credential ends, if it says so. */
  readonly expiresAtMs: number | undefined;
  readonly nowMs: number;
}

/** The status of a member, or undefined when what is written is still true. */
export function renderMemberStatus(
  member: MemberCluster,
  state: MemberState,
  facts: MemberFacts,
): MemberStatus | undefined {
  const { probe, requested, expiresAtMs, nowMs } = facts;
  const present: MemberStatus = member.status ?? {};
  const now = new Date(nowMs).toISOString();
  const accelerators = probe?.accelerators.map(({ resource, allocatable }) => ({
    resource,
    allocatable,
    free: Math.max(0, allocatable - (requested.get(resource) ?? 0)),
  }));
  const fingerprint = member.spec.gate === undefined ? undefined : fingerprintOf(member.spec.gate.caBundle);
  const next: MemberStatus = {
    ...present,
    ...(member.metadata.generation === undefined ? {} : { observedGeneration: member.metadata.generation }),
    ...(probe === undefined ? {} : { kubernetesVersion: probe.kubernetesVersion, nodes: probe.readyNodes }),
    ...(accelerators === undefined ? {} : { accelerators, acceleratorsSummary: summarise(accelerators) }),
    ...(fingerprint === undefined ? {} : { gateFingerprint: fingerprint }),
    ...(expiresAtMs === undefined ? {} : { credentialExpiryTime: new Date(expiresAtMs).toISOString() }),
    conditions: mergeConditions(
      (present.conditions ?? []) as WrittenCondition[],
      conditionsOf(member, state),
      member.metadata.generation,
      now,
    ),
  };
  if (state.heardMs !== undefined) next.lastHeardTime = new Date(state.heardMs).toISOString();
  if (state.state === "unreachable" && state.problem.reason !== Reason.Connecting)
    next.disconnectedSince = new Date(state.sinceMs).toISOString();
  else delete next.disconnectedSince;
  return isWorthWriting(present, next, nowMs) ? next : undefined;
}

function isWorthWriting(present: MemberStatus, next: MemberStatus, nowMs: number): boolean {
  const { lastHeardTime: before, ...oldRest } = present;
  const { lastHeardTime: after, ...newRest } = next;
  if (!isDeepStrictEqual(oldRest, newRest)) return true;
  return after !== undefined && (before === undefined || nowMs - Date.parse(before) >= heardIntervalMs);
}

function conditionsOf(member: MemberCluster, state: MemberState): DecidedCondition[] {
  const { name } = member.metadata;
  if (state.state === "reachable") {
    const ready: DecidedCondition = {
      type: "Ready",
      status: "True",
      reason: Reason.Connected,
      message: `MemberCluster ${name} answers`,
    };
    return [
      ready,
      { type: "CredentialsValid", status: "True", reason: Reason.Connected, message: "the credential is accepted" },
    ];
  }
  const ready: DecidedCondition = { type: "Ready", status: "False", ...state.problem };
  const isCredential = credentialReasons.includes(state.problem.reason);
  return isCredential ? [ready, { type: "CredentialsValid", status: "False", ...state.problem }] : [ready];
}

function summarise(accelerators: readonly { readonly allocatable: number; readonly free: number }[]): string {
  const sum = (key: "free" | "allocatable"): number => accelerators.reduce((total, entry) => total + entry[key], 0);
  return `${sum("free")}/${sum("allocatable")}`;
}

function fingerprintOf(caBundle: string): string {
  try {
    return `SHA256:${createHash("sha256").update(new X509Certificate(caBundle).raw).digest("hex")}`;
  } catch {
    return "unreadable: spec.gate.caBundle is no PEM certificate";
  }
}
