import type { SeededRandom } from "./seeded-random.ts";

/**
 * Everything that is killed, and how often: processes of containers, one or all of a kind, and API servers of members. Every end of a
 * worker's pod doubles the time until its Job makes another, so all trainers at once are killed seldom.
 */
export const killCounts = {
  operator: 5,
  aggregator: 5,
  "a sidecar": 4,
  "every sidecar": 3,
  "a trainer": 5,
  "every trainer": 2,
  "a gate": 4,
  "every gate": 2,
  "API server of aws-us-east-1": 4,
  "API server of gcp-europe-west4": 4,
} as const;

/** One of {@link killCounts}. */
export type KillTarget = keyof typeof killCounts;

/** One kill of a sequence. */
export interface PlannedKill {
  readonly target: KillTarget;
  /** Time in a round until it falls, in milliseconds. */
  readonly delayMs: number;
  /** Number in [0, 1) that chooses one of several processes. */
  readonly choice: number;
  /** Whether the next kill falls before this one is recovered from. */
  readonly isFollowedAtOnce: boolean;
}

/** A sequence of all kills in an order, at moments and in groups that the seed decides. */
export function planKills(random: SeededRandom): PlannedKill[] {
  const targets = Object.entries(killCounts).flatMap(([target, count]) =>
    Array.from({ length: count }, () => target as KillTarget),
  );
  return random.shuffled(targets).map((target) => ({
    target,
    delayMs: random.below(1_500),
    choice: random.next(),
    isFollowedAtOnce: random.next() < 0.2,
  }));
}
