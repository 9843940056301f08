import { createSeededRandom, type SeededRandom } from "../chaos/seeded-random.ts";
import { type MemberName, memberNames, type SpecChange, sequenceJobs } from "./sequence-jobs.ts";

/** Objects of somebody else that have the name of an object of ours. */
export const foreignKinds = ["hub-service", "hub-config", "member-config", "member-job"] as const;
/** One of {@link foreignKinds}. */
export type ForeignKind = (typeof foreignKinds)[number];

/** What may happen. Jobs are numbered as in `sequenceJobs`; what is impossible at its time changes nothing. */
export type SequenceEvent =
  | { readonly type: "apply" | "suspend" | "resume" | "delete" | "delete-by-force" | "recreate"; readonly job: number }
  | { readonly type: "edit"; readonly job: number; readonly change: SpecChange }
  | { readonly type: "take-member-away" | "bring-member-back"; readonly member: MemberName }
  | { readonly type: "delete-member" | "register-member" | "rename-member" | "register-second-name" }
  | { readonly type: "remove-member-namespace" | "make-member-namespace" }
  | { readonly type: "remove-hub-namespace" | "make-hub-namespace" }
  | { readonly type: "put-foreign"; readonly job: number; readonly kind: ForeignKind }
  | { readonly type: "remove-foreign" }
  | { readonly type: "set-quota" | "lift-quota"; readonly member: MemberName }
  | { readonly type: "kill-operator" }
  | { readonly type: "pause"; readonly ms: number };

/** Events by weight; what undoes another is likely, since it is possible only after the other. */
const kinds: readonly (readonly [number, (random: SeededRandom) => SequenceEvent])[] = [
  [12, (random) => ({ type: "apply", job: anyJob(random) })],
  [4, (random) => ({ type: "edit", job: anyJob(random), change: anyChange(random) })],
  [3, (random) => ({ type: "suspend", job: anyJob(random) })],
  [3, (random) => ({ type: "resume", job: anyJob(random) })],
  [4, (random) => ({ type: "delete", job: anyJob(random) })],
  [2, (random) => ({ type: "delete-by-force", job: anyJob(random) })],
  [3, (random) => ({ type: "recreate", job: anyJob(random) })],
  [3, (random) => ({ type: "take-member-away", member: pick(random, memberNames) })],
  [6, (random) => ({ type: "bring-member-back", member: pick(random, memberNames) })],
  [3, () => ({ type: "delete-member" })],
  [6, () => ({ type: "register-member" })],
  [1, () => ({ type: "rename-member" })],
  [2, () => ({ type: "register-second-name" })],
  [3, () => ({ type: "remove-member-namespace" })],
  [6, () => ({ type: "make-member-namespace" })],
  [2, () => ({ type: "remove-hub-namespace" })],
  [6, () => ({ type: "make-hub-namespace" })],
  [6, (random) => ({ type: "put-foreign", job: anyJob(random), kind: pick(random, foreignKinds) })],
  [6, () => ({ type: "remove-foreign" })],
  [3, (random) => ({ type: "set-quota", member: pick(random, memberNames) })],
  [6, (random) => ({ type: "lift-quota", member: pick(random, memberNames) })],
  [3, () => ({ type: "kill-operator" })],
  [4, aPause],
];

/** What a generator believes of the world, so that most of its events change something. */
interface Belief {
  readonly jobs: Set<number>;
  readonly away: Set<MemberName>;
  readonly quotas: Set<MemberName>;
  hasForeign: boolean;
  isRegistered: boolean;
  hasSecondName: boolean;
  hasMemberNamespace: boolean;
  hasHubNamespace: boolean;
}

/** The events of a seed: the same ones each time. The first puts a job there, so that others have something to happen to. */
export function generateSequence(seed: string): readonly SequenceEvent[] {
  const random = createSeededRandom(seed);
  const length = 7 + random.below(6);
  const belief: Belief = {
    jobs: new Set(),
    away: new Set(),
    quotas: new Set(),
    hasForeign: false,
    isRegistered: true,
    hasSecondName: false,
    hasMemberNamespace: true,
    hasHubNamespace: true,
  };
  const events: SequenceEvent[] = [{ type: "apply", job: anyJob(random) }];
  believe(belief, events[0] as SequenceEvent);
  while (events.length < length) {
    const event = nextEvent(events.at(-1), random);
    if (!changesSomething(belief, event)) continue;
    events.push(event);
    believe(belief, event);
  }
  return events;
}

function changesSomething(belief: Belief, event: SequenceEvent): boolean {
  switch (event.type) {
    case "suspend":
    case "resume":
    case "edit":
    case "delete":
    case "delete-by-force":
    case "recreate":
      return belief.jobs.has(event.job);
    // Before a job is there its names are free; afterwards they are its own.
    case "apply":
    case "put-foreign":
      return !belief.jobs.has(event.job);
    case "remove-foreign":
      return belief.hasForeign;
    case "take-member-away":
      return !belief.away.has(event.member);
    case "bring-member-back":
      return belief.away.has(event.member);
    case "set-quota":
      return !belief.quotas.has(event.member);
    case "lift-quota":
      return belief.quotas.has(event.member);
    case "delete-member":
    case "rename-member":
      return belief.isRegistered;
    case "register-member":
      return !belief.isRegistered;
    case "register-second-name":
      return belief.isRegistered && !belief.hasSecondName;
    case "remove-member-namespace":
      return belief.hasMemberNamespace;
    case "make-member-namespace":
      return !belief.hasMemberNamespace;
    case "remove-hub-namespace":
      return belief.hasHubNamespace;
    case "make-hub-namespace":
      return !belief.hasHubNamespace;
    case "kill-operator":
    case "pause":
      return true;
  }
}

function believe(belief: Belief, event: SequenceEvent): void {
  if (event.type === "apply") belief.jobs.add(event.job);
  if (event.type === "delete" || event.type === "delete-by-force") belief.jobs.delete(event.job);
  if (event.type === "put-foreign") belief.hasForeign = true;
  if (event.type === "remove-foreign") belief.hasForeign = false;
  if (event.type === "take-member-away") belief.away.add(event.member);
  if (event.type === "bring-member-back") belief.away.delete(event.member);
  if (event.type === "set-quota") belief.quotas.add(event.member);
  if (event.type === "lift-quota") belief.quotas.delete(event.member);
  if (event.type === "delete-member") belief.isRegistered = false;
  if (event.type === "register-member") belief.isRegistered = true;
  if (event.type === "register-second-name") belief.hasSecondName = true;
  if (event.type.endsWith("member-namespace")) belief.hasMemberNamespace = event.type.startsWith("make");
  if (event.type.endsWith("hub-namespace")) belief.hasHubNamespace = event.type.startsWith("make");
}

/** Sequences with one event less, for looking for the smallest that fails. */
export function cuts(sequence: readonly SequenceEvent[]): readonly SequenceEvent[][] {
  return sequence.map((_event, index) => sequence.toSpliced(index, 1));
}

/** Some events show most right after another one. */
function nextEvent(last: SequenceEvent | undefined, random: SeededRandom): SequenceEvent {
  // What stands in nobody's way shows nothing.
  if (last?.type === "put-foreign" && random.below(4) > 0) return { type: "apply", job: last.job };
  // A job that runs has more to lose than one that is being placed.
  if (last?.type === "apply" && random.below(3) === 0) return aPause(random);
  // An operator that was there when the job went clears up by what it remembers of it.
  if (last?.type === "kill-operator" && random.below(2) > 0) return { type: "delete-by-force", job: anyJob(random) };
  return anyEvent(random);
}

function anyEvent(random: SeededRandom): SequenceEvent {
  let rest = random.below(kinds.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, make] of kinds) {
    if (rest < weight) return make(random);
    rest -= weight;
  }
  throw new Error("no event");
}

function aPause(random: SeededRandom): SequenceEvent {
  return { type: "pause", ms: 250 * (1 + random.below(12)) };
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
