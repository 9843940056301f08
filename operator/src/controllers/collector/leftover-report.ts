import type { MemberProblem } from "../member-cluster/member-directory.ts";

/** What the collector found in one member when it looked last. */
export interface LeftoverReport {
  /** When the look began, by the operator's monotonic clock, in milliseconds: it knows nothing of what came after. */
  readonly beganMs: number;
  /** Objects with this hub's label, of whatever job, that were in each namespace that could be looked at, before anything was removed. */
  readonly remaining: ReadonlyMap<string, number>;
  /** What removed jobs left and what the collector cannot remove or cannot look for. */
  readonly problems: readonly MemberProblem[];
}
