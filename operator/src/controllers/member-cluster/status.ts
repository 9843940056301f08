import { isDeepStrictEqual } from "node:util";
import { type MemberCluster, Reason } from "@tributary/contracts";
import { isoTime } from "../shared/iso-time.ts";
import { mergeConditions, type WrittenCondition } from "../shared/merge-conditions.ts";
import { decideConditions } from "./decide/conditions.ts";
import type { MemberSnapshot, NamespaceObservation } from "./snapshot.ts";

type MemberStatus = NonNullable<MemberCluster["status"]>;

/** Least time between two writes that only say that all is as it was, in milliseconds. */
const heardIntervalMs = 30_000;
const messageLimit = 300;

/** The status of a member, or undefined when what is written is still true. */
export function renderMemberStatus(snapshot: MemberSnapshot): MemberStatus | undefined {
  const { member, link, nowMs, expiresAtMs, gate } = snapshot;
  const { generation } = member.metadata;
  const present: MemberStatus = member.status ?? {};
  const conditions = decideConditions(snapshot);
  const written = ((present.conditions ?? []) as WrittenCondition[]).filter(({ type }) =>
    conditions.some((condition) => condition.type === type),
  );
  const next: MemberStatus = {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...serverOf(present, snapshot),
    ...nodesOf(present, snapshot),
    ...(gate.state === "valid" ? { gateFingerprint: gate.fingerprint } : {}),
    ...(expiresAtMs === undefined ? {} : { credentialExpiryTime: isoTime(expiresAtMs) }),
    ...(link.heardMs === undefined ? {} : { lastHeardTime: isoTime(link.heardMs) }),
    ...(link.state === "unreachable" && link.problem.reason !== Reason.Connecting
      ? { disconnectedSince: isoTime(link.sinceMs) }
      : {}),
    namespaces: snapshot.namespaces.map(renderNamespace),
    conditions: mergeConditions(written, conditions, generation, isoTime(nowMs)),
  };
  return isWorthWriting(present, next, nowMs) ? next : undefined;
}

function serverOf(present: MemberStatus, { server }: MemberSnapshot): Partial<MemberStatus> {
  const kubernetesVersion = server?.kubernetesVersion ?? present.kubernetesVersion;
  const clusterUid = server?.clusterUid ?? present.clusterUid;
  return {
    ...(kubernetesVersion === undefined ? {} : { kubernetesVersion }),
    ...(clusterUid === undefined ? {} : { clusterUid }),
  };
}

/** What the nodes offer. While that is not known the last of it stays with its time, and nothing is shown as free. */
function nodesOf(present: MemberStatus, { link, nodes, requested, nowMs }: MemberSnapshot): Partial<MemberStatus> {
  if (link.state === "unreachable" || nodes.state !== "known") {
    const { nodes: count, accelerators, nodesObservedTime } = present;
    return {
      ...(count === undefined ? {} : { nodes: count }),
      ...(accelerators === undefined ? {} : { accelerators }),
      ...(nodesObservedTime === undefined ? {} : { nodesObservedTime }),
    };
  }
  const accelerators = nodes.totals.accelerators.map(({ resource, allocatable }) => ({
    resource,
    allocatable,
    free: Math.max(0, allocatable - (requested.get(resource) ?? 0)),
  }));
  return {
    nodes: nodes.totals.readyNodes,
    accelerators,
    acceleratorsSummary: summarise(accelerators),
    nodesObservedTime: isoTime(nowMs),
  };
}

function renderNamespace({ name, isMapped, problem }: NamespaceObservation) {
  return {
    name,
    mapped: isMapped,
    ready: problem === undefined,
    ...(problem === undefined ? {} : { reason: problem.reason, message: problem.message.slice(0, messageLimit) }),
  };
}

/** Times that move by themselves make no write of their own for a while. */
function isWorthWriting(present: MemberStatus, next: MemberStatus, nowMs: number): boolean {
  const { lastHeardTime: before, nodesObservedTime: _old, ...oldRest } = present;
  const { lastHeardTime: after, nodesObservedTime: _new, ...newRest } = next;
  if (!isDeepStrictEqual(oldRest, newRest)) return true;
  return after !== undefined && (before === undefined || nowMs - Date.parse(before) >= heardIntervalMs);
}

function summarise(accelerators: readonly { readonly allocatable: number; readonly free: number }[]): string {
  const sum = (key: "free" | "allocatable"): number => accelerators.reduce((total, entry) => total + entry[key], 0);
  return `${sum("free")}/${sum("allocatable")}`;
}
