import type { MemberProblem } from "../member-cluster/member-directory.ts";

/** What the collector found in one member when it looked last. */
export interface LeftoverReport {
  /** Objects of this hub, of whatever job, that are still in each namespace that could be looked at. */
  readonly remaining: ReadonlyMap<string, number>;
  /** What removed jobs left and what the collector cannot remove or cannot look for. */
  readonly problems: readonly MemberProblem[];
}
