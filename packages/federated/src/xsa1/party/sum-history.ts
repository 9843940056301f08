import { concatBytes, equalBytes, toHex } from "../bytes.ts";
import { type Refusal, RefusalReason, refusal } from "../refusals.ts";

/** Models a party remembers having left, newest last; the oldest is forgotten beyond this. */
export const REMEMBERED_MODELS = 131_072;
/** Length of a data name: the digest that its gate made of the claims, then the worker's index. */
export const DATA_NAME_BYTES = 36;
/** Sets of survivors a party signs on one base model and segment: with a third, three sums could single out a party. */
export const SURVIVOR_SETS = 2;
const PREFIX_BYTES = 8;

/**
 * What a party remembers across rounds so that the difference of two sums is never one party's update.
 *
 * Sets hold data names, not ids or keys: the hub gives out ids, and a pod that is made anew has another key and trains on the same data.
 */
export interface SumHistory {
  readonly lastRound: SetupNumber | null;
  /** SHA-256 of the base model of the latest plan. */
  readonly model: Uint8Array | null;
  /** First 8 bytes of the digest of each model left behind, one after the other. */
  readonly leftModels: Uint8Array;
  /** Distinct sets signed on the present model: data names, ascending, {@link DATA_NAME_BYTES} bytes each. */
  readonly survivorSets: readonly Uint8Array[];
  /** Places in `survivorSets`, by segment id. */
  readonly signed: ReadonlyMap<number, readonly number[]>;
}

/** The history of a party that has signed nothing. */
export function emptyHistory(): SumHistory {
  return { lastRound: null, model: null, leftModels: new Uint8Array(0), survivorSets: [], signed: new Map() };
}

/** A set of data names as canonical bytes: {@link DATA_NAME_BYTES} bytes each, ascending. */
export function survivorSet(dataNames: readonly Uint8Array[]): Uint8Array {
  const sorted = [...dataNames].sort((a, b) => (toHex(a) < toHex(b) ? -1 : 1));
  return concatBytes(...sorted);
}

/** Place of a setup among those of its job. */
export interface SetupNumber {
  readonly round: number;
  readonly attempt: number;
}

/** Whether one setup was made after another. */
export function comesAfter(one: SetupNumber, other: SetupNumber): boolean {
  return one.round > other.round || (one.round === other.round && one.attempt > other.attempt);
}

/** Refuses (round, attempt) unless it comes after the last one opened. */
export function checkRoundIncreases(history: SumHistory, round: number, attempt: number): Refusal | null {
  const last = history.lastRound;
  if (last === null || comesAfter({ round, attempt }, last)) return null;
  const detail = `round ${round} attempt ${attempt} comes after round ${last.round} attempt ${last.attempt}`;
  return refusal(RefusalReason.RoundNotIncreasing, detail);
}

/** Refuses a base model that was left for another one: on it, sums were opened that this party no longer remembers. */
export function checkModelNotLeft(history: SumHistory, model: Uint8Array): Refusal | null {
  if (history.model !== null && equalBytes(history.model, model)) return null;
  for (let offset = 0; offset < history.leftModels.length; offset += PREFIX_BYTES) {
    if (equalBytes(history.leftModels.subarray(offset, offset + PREFIX_BYTES), model.subarray(0, PREFIX_BYTES))) {
      return refusal(RefusalReason.ModelReplayed, `model ${toHex(model)} was left for a later one`);
    }
  }
  return null;
}

/** The history with `model` as the present one: what was signed on the model before cannot be asked again. */
export function enterModel(history: SumHistory, model: Uint8Array): SumHistory {
  if (history.model !== null && equalBytes(history.model, model)) return history;
  const left =
    history.model === null
      ? history.leftModels
      : concatBytes(history.leftModels, history.model.subarray(0, PREFIX_BYTES));
  const kept = left.slice(Math.max(0, left.length - REMEMBERED_MODELS * PREFIX_BYTES));
  return { ...history, model, leftModels: kept, survivorSets: [], signed: new Map() };
}

/**
 * Refuses survivors that differ from a set signed on this model and segment by somebody but by fewer than `minDistance` parties,
 * and a third set.
 */
export function checkDistance(
  history: SumHistory,
  segment: number,
  survivors: Uint8Array,
  minDistance: number,
): Refusal | null {
  const sets = signedSets(history, segment);
  if (sets.some((set) => equalBytes(set, survivors))) return null;
  if (sets.length >= SURVIVOR_SETS) {
    return refusal(
      RefusalReason.BitmapsSpent,
      `segment ${segment}: ${sets.length} sets of survivors signed on this model`,
    );
  }
  const nearest = Math.min(...sets.map((set) => distance(set, survivors)));
  if (nearest >= minDistance) return null;
  const detail = `segment ${segment}: survivors differ from those signed before by ${nearest} parties, must be 0 or at least ${minDistance}`;
  return refusal(RefusalReason.BitmapTooClose, detail);
}

/** The history after signing `survivors` for a segment. */
export function recordSurvivors(history: SumHistory, segment: number, survivors: Uint8Array): SumHistory {
  const found = history.survivorSets.findIndex((set) => equalBytes(set, survivors));
  const place = found === -1 ? history.survivorSets.length : found;
  const places = history.signed.get(segment) ?? [];
  if (places.includes(place)) return history;
  const survivorSets = found === -1 ? [...history.survivorSets, survivors] : history.survivorSets;
  return { ...history, survivorSets, signed: new Map(history.signed).set(segment, [...places, place]) };
}

/**
 * Refuses a roster from which no allowed survivors can come on this model: not the set signed before, and none with at least
 * `minSurvivors` parties that is `minDistance` away from it.
 */
export function checkRosterAllowsSum(
  history: SumHistory,
  roster: readonly Uint8Array[],
  minSurvivors: number,
  minDistance: number,
): Refusal | null {
  const names = new Set(roster.map(toHex));
  for (const [segment, places] of history.signed) {
    const sets = places.map((place) => namesOf(history.survivorSets[place]!));
    if (sets.some((set) => set.every((name) => names.has(name)))) continue;
    const isFar = sets.every((set) => farthest(set, names, minSurvivors) >= minDistance);
    if (isFar && sets.length < SURVIVOR_SETS) continue;
    const detail = `segment ${segment}: a sum of other parties was signed on this model, and this roster of ${names.size} cannot repeat it or be ${minDistance} parties away`;
    return refusal(RefusalReason.RosterShrunk, detail);
  }
  return null;
}

/** The largest distance from `set` that a subset of `names` of at least `minSurvivors` parties can have. */
function farthest(set: readonly string[], names: ReadonlySet<string>, minSurvivors: number): number {
  const common = set.filter((name) => names.has(name)).length;
  const added = names.size - common;
  const kept = Math.max(0, minSurvivors - added);
  return set.length - common + Math.max(0, common - kept) + added;
}

function signedSets(history: SumHistory, segment: number): Uint8Array[] {
  return (history.signed.get(segment) ?? []).map((place) => history.survivorSets[place]!);
}

function namesOf(set: Uint8Array): string[] {
  const count = set.length / DATA_NAME_BYTES;
  return Array.from({ length: count }, (_, at) =>
    toHex(set.subarray(DATA_NAME_BYTES * at, DATA_NAME_BYTES * (at + 1))),
  );
}

/** Size of the symmetric difference. */
function distance(a: Uint8Array, b: Uint8Array): number {
  const left = new Set(namesOf(a));
  const right = namesOf(b);
  const common = right.filter((name) => left.has(name)).length;
  return left.size + right.length - 2 * common;
}
