import { type MemberCluster, MemberCondition, Reason } from "@tributary/contracts";

/** Something to tell people about a member: a line of `kubectl describe mbr`. */
export interface MemberNote {
  readonly type: "Normal" | "Warning";
  /** Reason of the condition that changed. */
  readonly reason: string;
  /** One sentence with the object and the remedy. */
  readonly note: string;
}

type MemberStatus = NonNullable<MemberCluster["status"]>;
type Condition = NonNullable<MemberStatus["conditions"]>[number];

/** Conditions whose change is told, the most telling first. */
const told: readonly string[] = [
  MemberCondition.Ready,
  MemberCondition.CredentialsValid,
  MemberCondition.NamespacesReady,
  MemberCondition.GateTrusted,
  MemberCondition.EgressEnforced,
  MemberCondition.NodesVisible,
  MemberCondition.Clean,
];

/** What is worth telling when a status changed: what does not hold any more and why, what holds again, and another cluster. */
export function tellMemberTransitions(before: MemberStatus | undefined, after: MemberStatus | undefined): MemberNote[] {
  const notes = told
    .map((type) => tellTransition(conditionOf(before, type), conditionOf(after, type)))
    .filter((note) => note !== undefined);
  const change = tellOtherCluster(before, after);
  const all = change === undefined ? notes : [...notes, change];
  return all.filter(({ note }, index) => all.findIndex((other) => other.note === note) === index);
}

function tellTransition(was: Condition | undefined, is: Condition | undefined): MemberNote | undefined {
  if (is === undefined || is.status === "Unknown" || is.reason === Reason.Connecting) return undefined;
  if (was?.status === is.status && was.reason === is.reason) return undefined;
  const { reason, message: note } = is;
  if (is.status !== "True") return { type: "Warning", reason, note };
  const isBack = was?.status === "False" && was.reason !== Reason.Connecting;
  return isBack ? { type: "Normal", reason, note } : undefined;
}

function tellOtherCluster(before: MemberStatus | undefined, after: MemberStatus | undefined): MemberNote | undefined {
  const was = before?.clusterUid;
  const is = after?.clusterUid;
  if (was === undefined || is === undefined || was === is) return undefined;
  const note = `the kubeconfig now leads to another cluster (uid of kube-system ${was}, now ${is}): what jobs had in the former one is out of sight`;
  return { type: "Warning", reason: Reason.ClusterChanged, note };
}

function conditionOf(status: MemberStatus | undefined, type: string): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}
