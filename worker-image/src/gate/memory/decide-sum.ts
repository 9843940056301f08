import { DATA_NAME_BYTES, SURVIVOR_SETS } from "@tributary/federated";
import type { Policy } from "../../shared/trust/policy.ts";

/** Fewest seats by which two sums of one start may differ. */
const LEAST_DISTANCE = 3;

/** The member's policy as far as it is about starts that are summed again. */
export type RepeatPolicy = Pick<Policy, "repeatedStarts">;

/** A sum of one section on one start. */
export interface Sum {
  /** Data names of the survivors, ascending, {@link DATA_NAME_BYTES} each. */
  readonly dataNames: Uint8Array;
  /** Digest of everything by which the work of the seats may differ. */
  readonly workSha256: Uint8Array;
  /** Shares that open a secret. */
  readonly threshold: number;
}

/** By how many seats two sets of survivors differ. */
export interface Difference {
  /** Seats of the former set that the present one lacks. */
  readonly missing: number;
  /** Seats that only the present set has. */
  readonly added: number;
}

/** Why a sum is not signed. */
export const TooClose = {
  /** Another set, which has a seat in common with one that was signed, or too few seats. */
  Near: "Near",
  /** A set that is neither of the two that were signed. */
  Third: "Third",
  /** The same seats, whose work differs. */
  OtherWork: "OtherWork",
} as const;
/** One of the values of {@link TooClose}. */
export type TooClose = (typeof TooClose)[keyof typeof TooClose];

/** What becomes of a sum that a worker is about to sign. */
export type SumVerdict =
  /** It adds nothing to what is remembered. */
  | { readonly kind: "known" }
  | { readonly kind: "remember" }
  | {
      readonly kind: "refused";
      readonly why: TooClose;
      /** From the nearest of the sums that were signed. */
      readonly difference: Difference;
      /** Fewest seats by which it would have to differ from that one, besides having none in common with it. */
      readonly least: number;
    };

/**
 * Whether a sum may be signed beside those of the same seat, start and section that were signed before: any two have the same seats, or none
 * in common and at least three seats, and as many as open a secret in either round, that only one of them has.
 *
 * That two sets are far apart is not enough, since each seat knows only what it signed itself: ten seats, then three times three of them, are
 * far apart for everybody, and leave the tenth alone. Where each seat signs one set, and more than two thirds of a set sign it, there are
 * not enough signatures for sums in which every seat but one stands twice.
 *
 * A sum that was signed is signed again. That its threshold is larger now is remembered, and held against the others like a new sum's.
 */
export function decideSum(signed: readonly Sum[], asked: Sum, { repeatedStarts }: RepeatPolicy): SumVerdict {
  const same = signed.filter((sum) => isSameSet(sum, asked));
  const again = same.filter(({ workSha256 }) => compareBytes(workSha256, asked.workSha256) === 0);
  if (again.some(({ threshold }) => threshold >= asked.threshold)) return { kind: "known" };
  if (repeatedStarts === "Allow") return { kind: "remember" };
  if (same.length > 0 && again.length === 0)
    return {
      kind: "refused",
      why: TooClose.OtherWork,
      difference: { missing: 0, added: 0 },
      least: leastOf(same[0]!, asked),
    };
  const others = signed.filter((sum) => !same.includes(sum)).map((sum) => compare(sum, asked));
  const near = others.filter(({ difference, least, isApart }) => !isApart || sizeOf(difference) < least);
  if (near.length > 0) return { kind: "refused", why: TooClose.Near, ...nearest(near) };
  if (same.length === 0 && distinctSets(signed) >= SURVIVOR_SETS)
    return { kind: "refused", why: TooClose.Third, ...nearest(others) };
  return { kind: "remember" };
}

function compare(former: Sum, present: Sum) {
  const difference = differenceOf(former.dataNames, present.dataNames);
  const isApart = difference.missing * DATA_NAME_BYTES === former.dataNames.length;
  return { difference, least: leastOf(former, present), isApart };
}

function nearest<T extends { readonly difference: Difference }>(others: readonly T[]): T {
  return others.reduce((best, other) => (sizeOf(other.difference) < sizeOf(best.difference) ? other : best));
}

function leastOf(one: Sum, other: Sum): number {
  return Math.max(LEAST_DISTANCE, one.threshold, other.threshold);
}

function sizeOf({ missing, added }: Difference): number {
  return missing + added;
}

function distinctSets(sums: readonly Sum[]): number {
  return sums.filter((sum, index) => sums.findIndex((other) => isSameSet(sum, other)) === index).length;
}

function isSameSet(one: Sum, other: Sum): boolean {
  return compareBytes(one.dataNames, other.dataNames) === 0;
}

/** By how many seats two sets of names in ascending order differ. */
function differenceOf(former: Uint8Array, present: Uint8Array): Difference {
  let [missing, added, left, right] = [0, 0, 0, 0];
  while (left < former.length || right < present.length) {
    const order = orderAt(former, left, present, right);
    if (order < 0) missing++;
    if (order > 0) added++;
    if (order <= 0) left += DATA_NAME_BYTES;
    if (order >= 0) right += DATA_NAME_BYTES;
  }
  return { missing, added };
}

/** How the names at two places stand to each other; a set that is over comes last. */
function orderAt(former: Uint8Array, left: number, present: Uint8Array, right: number): number {
  if (left >= former.length) return 1;
  if (right >= present.length) return -1;
  return compareBytes(former.subarray(left, left + DATA_NAME_BYTES), present.subarray(right, right + DATA_NAME_BYTES));
}

function compareBytes(one: Uint8Array, other: Uint8Array): number {
  return Buffer.compare(one, other);
}
