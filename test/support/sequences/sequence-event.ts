import { createSeededRandom, type SeededRandom } from "../chaos/seeded-random.ts";
import { type MemberName, memberNames, type SpecChange, sequenceJobs } from "./sequence-jobs.ts";

/** Objects of somebody else that have the name of an object of ours. */
export const foreignKinds = ["hub-service", "hub-config", "member-config", "member-job"] as const;
/** One of {@link foreignKinds}. */
export type ForeignKind = (typeof foreignKinds)[number];

/** What may happen. Jobs are numbered as in `sequenceJobs`; what is impossible at its time changes nothing. */
export type SequenceEvent =
  | { readonly type: "apply" | "suspend" | "resume" | "delete" | "recreate"; readonly job: number }
  | { readonly type: "edit"; readonly job: number; readonly change: SpecChange }
  | { readonly type: "take-member-away" | "bring-member-back"; readonly member: MemberName }
  | { readonly type: "delete-member" | "register-member" | "rename-member" }
  | { readonly type: "remove-member-namespace" | "make-member-namespace" }
  | { readonly type: "remove-hub-namespace" | "make-hub-namespace" }
  | { readonly type: "put-foreign"; readonly job: number; readonly kind: ForeignKind }
  | { readonly type: "remove-foreign" }
  | { readonly type: "set-quota" | "lift-quota"; readonly member: MemberName }
  | { readonly type: "kill-operator" }
  | { readonly type: "pause"; readonly ms: number };

/** Events by weight; what undoes another is as likely as it. */
const kinds: readonly (readonly [number, (random: SeededRandom) => SequenceEvent])[] = [
  [8, (random) => ({ type: "apply", job: anyJob(random) })],
  [4, (random) => ({ type: "edit", job: anyJob(random), change: anyChange(random) })],
  [3, (random) => ({ type: "suspend", job: anyJob(random) })],
  [3, (random) => ({ type: "resume", job: anyJob(random) })],
  [4, (random) => ({ type: "delete", job: anyJob(random) })],
  [3, (random) => ({ type: "recreate", job: anyJob(random) })],
  [2, (random) => ({ type: "take-member-away", member: pick(random, memberNames) })],
  [2, (random) => ({ type: "bring-member-back", member: pick(random, memberNames) })],
  [2, () => ({ type: "delete-member" })],
  [2, () => ({ type: "register-member" })],
  [1, () => ({ type: "rename-member" })],
  [1, () => ({ type: "remove-member-namespace" })],
  [1, () => ({ type: "make-member-namespace" })],
  [1, () => ({ type: "remove-hub-namespace" })],
  [1, () => ({ type: "make-hub-namespace" })],
  [4, (random) => ({ type: "put-foreign", job: anyJob(random), kind: pick(random, foreignKinds) })],
  [2, () => ({ type: "remove-foreign" })],
  [2, (random) => ({ type: "set-quota", member: pick(random, memberNames) })],
  [1, (random) => ({ type: "lift-quota", member: pick(random, memberNames) })],
  [3, () => ({ type: "kill-operator" })],
  [6, (random) => ({ type: "pause", ms: 250 * (1 + random.below(12)) })],
];

/** The events of a seed: the same ones each time. The first puts a job there, so that others have something to happen to. */
export function generateSequence(seed: string): readonly SequenceEvent[] {
  const random = createSeededRandom(seed);
  const length = 4 + random.below(5);
  const first: SequenceEvent = { type: "apply", job: anyJob(random) };
  return [first, ...Array.from({ length: length - 1 }, () => anyEvent(random))];
}

/** Sequences with one event less, for looking for the smallest that fails. */
export function cuts(sequence: readonly SequenceEvent[]): readonly SequenceEvent[][] {
  return sequence.map((_event, index) => sequence.toSpliced(index, 1));
}

function anyEvent(random: SeededRandom): SequenceEvent {
  let rest = random.below(kinds.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, make] of kinds) {
    if (rest < weight) return make(random);
    rest -= weight;
  }
  throw new Error("no event");
}

function anyJob(random: SeededRandom): number {
  return random.below(sequenceJobs.length);
}

function anyChange(random: SeededRandom): SpecChange {
  return pick<SpecChange>(random, [
    { quorum: 2 },
    { quorum: 1 },
    { maxRounds: 2 },
    { maxRounds: 100_000 },
    { runtime: "absent", suspend: true },
    { runtime: "absent" },
  ]);
}

function pick<T>(random: SeededRandom, items: readonly T[]): T {
  return items[random.below(items.length)] as T;
}
