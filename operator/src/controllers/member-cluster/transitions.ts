import { type MemberCluster, Reason } from "@tributary/contracts";

/** Something to tell people about a member: a line of `kubectl describe mbr`. */
export interface MemberNote {
  readonly type: "Normal" | "Warning";
  /** Reason of the condition that changed. */
  readonly reason: string;
  /** One sentence with the object and the remedy. */
  readonly note: string;
}

type MemberStatus = NonNullable<MemberCluster["status"]>;

/** What is worth telling when the condition Ready changed: that a member cannot be used and why, and that it is back. */
export function tellMemberTransition(
  before: MemberStatus | undefined,
  after: MemberStatus | undefined,
): MemberNote | undefined {
  const was = readyOf(before);
  const is = readyOf(after);
  if (is === undefined || is.reason === Reason.Connecting) return undefined;
  if (was?.status === is.status && was.reason === is.reason) return undefined;
  const { reason, message: note } = is;
  if (is.status !== "True") return { type: "Warning", reason, note };
  const isBack = was?.status === "False" && was.reason !== Reason.Connecting;
  return isBack ? { type: "Normal", reason, note } : undefined;
}

function readyOf(status: MemberStatus | undefined): NonNullable<MemberStatus["conditions"]>[number] | undefined {
  return status?.conditions?.find((condition) => condition.type === "Ready");
}
