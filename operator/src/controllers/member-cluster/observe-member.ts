import type { MemberCluster } from "@tributary/contracts";
import { Reason } from "@tributary/contracts";
import type { MemberLinkState } from "../../members/member-links.ts";
import type { LeftoverReport } from "../collector/leftover-report.ts";
import type { SecretReading } from "./credential.ts";
import { describeFailure } from "./describe-failure.ts";
import type { FollowedMember } from "./follow-member.ts";
import { observeGate } from "./gate-ca.ts";
import type { KnownNamespace } from "./known-namespaces.ts";
import type { MemberState } from "./member-directory.ts";
import { currentLeftovers, isSeenEmpty, type MemberStanding } from "./member-standing.ts";
import { requestedAccelerators } from "./node-offers.ts";
import type {
  CredentialObservation,
  MemberSnapshot,
  NamespaceObservation,
  NodesObservation,
  ServerFacts,
} from "./snapshot.ts";

/** What a snapshot of a member is made from. */
export interface MemberSources {
  readonly nowMs: number;
  readonly member: MemberCluster;
  readonly state: MemberState;
  readonly known: MemberLinkState<FollowedMember> | undefined;
  readonly reading: SecretReading | undefined;
  readonly namespaces: readonly KnownNamespace[];
  readonly server: ServerFacts | undefined;
  /** What the collector found last, whenever that was. */
  readonly report: LeftoverReport | undefined;
  readonly standing: MemberStanding | undefined;
  readonly waitsFor: string | undefined;
}

/** Puts together what is known of a member. Reads caches only. */
export function observeMember(sources: MemberSources): MemberSnapshot {
  const { nowMs, member, state, known, namespaces, server, report, standing, waitsFor } = sources;
  const leftovers = currentLeftovers(report, standing);
  const view = known?.link?.view;
  const expiresAtMs = known?.credentialExpiresAtMs;
  return {
    nowMs,
    member,
    link: state,
    credential: observeCredential(sources),
    namespaces: namespaces
      // One that is mapped no more is told of until the collector saw that nothing is left in it.
      .filter(({ name, isMapped, isInUse }) => isMapped || isInUse || !isSeenEmpty(name, report, standing))
      .map((namespace) => observeNamespace(member.metadata.name, namespace, view)),
    nodes: observeNodes(member.metadata.name, view),
    requested: requestedAccelerators(namespaces.flatMap(({ name }) => view?.podsIn(name) ?? [])),
    gate: observeGate(member),
    ...(server === undefined ? {} : { server }),
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    ...(leftovers === undefined ? {} : { leftovers }),
    ...(waitsFor === undefined ? {} : { waitsFor }),
  };
}

function observeCredential({ member, known, reading }: MemberSources): CredentialObservation {
  const { name } = member.metadata;
  const { secretName } = member.spec.access.kubeconfig;
  const isOldInUse = known?.isReachable === true;
  if (reading?.state === "revoked")
    return { state: "refused", problem: describeFailure(reading.error, name, secretName), isOldInUse: false };
  if (known?.candidateProblem !== undefined)
    return {
      state: "refused",
      problem: describeFailure(known.candidateProblem, name, secretName, "new kubeconfig"),
      isOldInUse,
    };
  if (reading?.state === "unread") {
    const { reason, message } = describeFailure(reading.error, name);
    return {
      state: "unproven",
      problem: { reason, message: `Secret ${secretName} cannot be read on the hub: ${message}` },
    };
  }
  return { state: "in-use" };
}

function observeNamespace(
  cluster: string,
  { name, isMapped }: KnownNamespace,
  view: FollowedMember | undefined,
): NamespaceObservation {
  const health = view?.healthOf(name);
  if (health?.state === "ready") return { name, isMapped };
  if (health?.state === "failed") return { name, isMapped, problem: describeFailure(health.error, cluster) };
  const problem = isMapped
    ? { reason: Reason.Connecting, message: `namespace ${name} is being read` }
    : {
        reason: Reason.NamespaceNotMapped,
        message: `namespace ${name} is mapped no more and may hold objects of this hub`,
      };
  return { name, isMapped, problem };
}

function observeNodes(cluster: string, view: FollowedMember | undefined): NodesObservation {
  const nodes = view?.nodes() ?? { state: "connecting" };
  return nodes.state === "failed" ? { state: "failed", problem: describeFailure(nodes.error, cluster) } : nodes;
}
