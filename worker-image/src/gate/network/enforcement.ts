/** How one attempt to open a TCP connection ended. */
export const Reach = {
  /** The connection was open. */
  Open: "Open",
  /** The other end, or somebody in its place, said no. */
  Refused: "Refused",
  /** Nobody answered, or the network said that there is no way. */
  Silent: "Silent",
} as const;
export type Reach = (typeof Reach)[keyof typeof Reach];

/** One look: an attempt at what the gate's NetworkPolicy forbids, beside one at what it permits. */
export interface Look {
  /** `undefined` where there is nothing to try. */
  readonly forbidden: Reach | undefined;
  readonly permitted: Reach;
}

/** Why it is known, or not, whether the cluster enforces NetworkPolicies. */
export const EnforcementReason = {
  ForbiddenBlocked: "ForbiddenBlocked",
  ForbiddenOpen: "ForbiddenOpen",
  ForbiddenRefused: "ForbiddenRefused",
  PermittedBlocked: "PermittedBlocked",
  NothingToTry: "NothingToTry",
  NotSettled: "NotSettled",
  NoPolicy: "NoPolicy",
} as const;
export type EnforcementReason = (typeof EnforcementReason)[keyof typeof EnforcementReason];

/** Whether the cluster enforces the gate's NetworkPolicy, as a condition says it. */
export interface Enforcement {
  readonly status: "True" | "False" | "Unknown";
  readonly reason: EnforcementReason;
  readonly message: string;
}

const meanings: Readonly<Record<EnforcementReason, Omit<Enforcement, "reason">>> = {
  ForbiddenBlocked: {
    status: "True",
    message: "a connection that the gate's NetworkPolicy forbids does not open, one that it permits does",
  },
  ForbiddenOpen: {
    status: "False",
    message:
      "a connection that the gate's NetworkPolicy forbids opens: the cluster's network plugin does not enforce it, and worker pods may reach more than their gate; choose a plugin that enforces NetworkPolicies",
  },
  ForbiddenRefused: {
    status: "Unknown",
    message: "the cluster's DNS refuses TCP connections, or the network plugin refuses them in its place",
  },
  PermittedBlocked: {
    status: "Unknown",
    message: "not even the connection that the gate's NetworkPolicy permits opens: the API server does not answer",
  },
  NothingToTry: {
    status: "Unknown",
    message: "the gate's resolv.conf names no DNS server beyond the pod, so there is no forbidden connection to try",
  },
  NotSettled: { status: "Unknown", message: "the gate has not looked often enough since it started" },
  NoPolicy: {
    status: "Unknown",
    message: "the chart made no NetworkPolicy for the gate (networkPolicy.enabled is false)",
  },
};

/** What is said of a cluster for a reason. */
export function enforcementFor(reason: EnforcementReason): Enforcement {
  return { ...meanings[reason], reason };
}

/** Reads one look. An open forbidden connection is proof whatever the permitted one does; a silent one is none without an open permitted one. */
export function judgeLook({ forbidden, permitted }: Look): EnforcementReason {
  if (forbidden === undefined) return EnforcementReason.NothingToTry;
  if (forbidden === Reach.Open) return EnforcementReason.ForbiddenOpen;
  if (permitted !== Reach.Open) return EnforcementReason.PermittedBlocked;
  return forbidden === Reach.Refused ? EnforcementReason.ForbiddenRefused : EnforcementReason.ForbiddenBlocked;
}
