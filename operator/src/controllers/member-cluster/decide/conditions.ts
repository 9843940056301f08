import { MemberCondition, Reason } from "@tributary/contracts";
import { isoTime } from "../../shared/iso-time.ts";
import type { DecidedCondition } from "../../shared/merge-conditions.ts";
import type { MemberSnapshot, NamespaceObservation } from "../snapshot.ts";
import { nameNamespaces } from "./name-within.ts";

/** Reasons that stay until somebody changes something. */
const lasting: readonly string[] = [
  Reason.KubeconfigInvalid,
  Reason.SecretNotFound,
  Reason.CredentialRejected,
  Reason.RBACDenied,
];
const credentialReasons: readonly string[] = [
  Reason.KubeconfigInvalid,
  Reason.SecretNotFound,
  Reason.CredentialRejected,
];

/** Characters of the names of namespaces in a message. */
const namesLimit = 800;

/** Everything that is to be said of a member now. What is not among these conditions does not hold any more. */
export function decideConditions(snapshot: MemberSnapshot): DecidedCondition[] {
  const ready = isReady(snapshot);
  return [
    ready,
    areCredentialsValid(snapshot),
    areNamespacesReady(snapshot),
    areNodesVisible(snapshot),
    isGateTrusted(snapshot),
    isEgressEnforced(snapshot),
    isClean(snapshot),
    ...(ready.status === "False" && lasting.includes(ready.reason)
      ? [{ ...ready, type: MemberCondition.Stalled, status: "True" as const }]
      : []),
    ...(snapshot.waitsFor === undefined ? [] : [contentRemains(snapshot.waitsFor)]),
  ];
}

function isReady(snapshot: MemberSnapshot): DecidedCondition {
  const { member, link, namespaces, waitsFor } = snapshot;
  const { name } = member.metadata;
  const type = MemberCondition.Ready;
  if (link.state === "unreachable") {
    const heard = link.heardMs === undefined ? "" : `; last heard ${isoTime(link.heardMs)}`;
    return { type, status: "False", reason: link.problem.reason, message: `${link.problem.message}${heard}` };
  }
  if (waitsFor !== undefined)
    return {
      type,
      status: "False",
      reason: Reason.CleanupPending,
      message: `MemberCluster ${name} is being deleted: nothing is placed any more`,
    };
  const mapped = namespaces.filter(({ isMapped }) => isMapped);
  const usable = mapped.filter(({ problem }) => problem === undefined);
  if (usable.length > 0)
    return {
      type,
      status: "True",
      reason: Reason.Connected,
      message: `MemberCluster ${name} answers, ${usable.length} of ${mapped.length} namespaces can be used`,
    };
  const problem =
    mapped.find((namespace) => namespace.problem?.reason !== Reason.Connecting)?.problem ?? mapped[0]?.problem;
  return problem === undefined
    ? {
        type,
        status: "False",
        reason: Reason.NamespaceNotMapped,
        message: `MemberCluster ${name} maps no namespace; add one to spec.namespaces`,
      }
    : { type, status: "False", ...problem };
}

function areCredentialsValid({ link, credential }: MemberSnapshot): DecidedCondition {
  const type = MemberCondition.CredentialsValid;
  if (credential.state === "refused") {
    const old = credential.isOldInUse
      ? "; the kubeconfig before it is still in use, delete the Secret to revoke it"
      : "";
    return { type, status: "False", reason: credential.problem.reason, message: `${credential.problem.message}${old}` };
  }
  if (credential.state === "unproven") return { type, status: "Unknown", ...credential.problem };
  if (link.state === "reachable")
    return { type, status: "True", reason: Reason.Connected, message: "the credential is accepted" };
  const isCredential = credentialReasons.includes(link.problem.reason);
  return { type, status: isCredential ? "False" : "Unknown", ...link.problem };
}

function areNamespacesReady({ link, namespaces }: MemberSnapshot): DecidedCondition {
  const type = MemberCondition.NamespacesReady;
  if (link.state === "unreachable") return { type, status: "Unknown", ...link.problem };
  const mapped = namespaces.filter(({ isMapped }) => isMapped);
  const failed = mapped.filter((one): one is NamespaceObservation & { problem: object } => one.problem !== undefined);
  const [first] = failed;
  if (first === undefined)
    return { type, status: "True", reason: Reason.AllReady, message: `all ${mapped.length} namespaces can be used` };
  const others =
    failed.length === 1
      ? ""
      : `; likewise ${failed
          .slice(1)
          .map(({ name }) => name)
          .join(", ")}`;
  return { type, status: "False", reason: first.problem.reason, message: `${first.problem.message}${others}` };
}

function areNodesVisible({ link, nodes }: MemberSnapshot): DecidedCondition {
  const type = MemberCondition.NodesVisible;
  if (link.state === "unreachable") return { type, status: "Unknown", ...link.problem };
  if (nodes.state === "failed") return { type, status: "False", ...nodes.problem };
  if (nodes.state === "connecting")
    return { type, status: "Unknown", reason: Reason.Connecting, message: "the nodes are being read" };
  return { type, status: "True", reason: Reason.Connected, message: "what the nodes offer is followed" };
}

function isGateTrusted({ member, gate, nowMs }: MemberSnapshot): DecidedCondition {
  const type = MemberCondition.GateTrusted;
  const { name } = member.metadata;
  switch (gate.state) {
    case "absent":
      return {
        type,
        status: "False",
        reason: Reason.GateNotRegistered,
        message: `MemberCluster ${name} has no spec.gate.caBundle; run kubectl tributary join again`,
      };
    case "invalid":
      return { type, status: "False", ...gate.problem };
    case "valid": {
      const ends = isoTime(gate.endsMs);
      if (gate.endsMs <= nowMs)
        return {
          type,
          status: "False",
          reason: Reason.GateCaInvalid,
          message: `MemberCluster ${name}: spec.gate.caBundle ended ${ends}; ask the member's admin for the new one`,
        };
      return {
        type,
        status: "True",
        reason: Reason.Valid,
        message: `${gate.certificates} certificates, the last ends ${ends}`,
      };
    }
    default:
      return gate satisfies never;
  }
}

function isEgressEnforced({ link, server }: MemberSnapshot): DecidedCondition {
  const type = MemberCondition.EgressEnforced;
  if (link.state === "unreachable") return { type, status: "Unknown", ...link.problem };
  if (server?.egress !== undefined) return { type, ...server.egress };
  const message = "what the member's gate found of its network was not read yet";
  return { type, status: "Unknown", reason: Reason.Connecting, message };
}

function isClean({ link, leftovers }: MemberSnapshot): DecidedCondition {
  const type = MemberCondition.Clean;
  if (link.state === "unreachable") return { type, status: "Unknown", ...link.problem };
  if (leftovers === undefined)
    return {
      type,
      status: "Unknown",
      reason: Reason.Connecting,
      message: "what removed jobs left was not looked for yet",
    };
  const [problem] = leftovers.problems;
  if (problem !== undefined) return { type, status: "False", ...problem };
  // Where it was looked: of a namespace that was mapped before the member was registered anew nobody knows any more.
  const where = nameNamespaces([...leftovers.remaining.keys()].sort(), namesLimit);
  return { type, status: "True", reason: Reason.CleanedUp, message: `nothing of a removed job is left in ${where}` };
}

function contentRemains(message: string): DecidedCondition {
  return { type: MemberCondition.ContentRemaining, status: "True", reason: Reason.CleanupPending, message };
}
