import { interpolateShares, type Share } from "../../shamir/shamir.ts";
import { equalBytes } from "../bytes.ts";

/** Subsets tried before giving up on a secret with wrong shares among its shares. */
export const SUBSET_LIMIT = 2_000;

/** A rebuilt secret and the points whose shares are certainly wrong. */
export interface RebuiltSecret {
  readonly secret: Uint8Array;
  /** Empty also when so many shares are wrong that their givers could frame others. */
  readonly wrong: readonly number[];
}

/**
 * Rebuilds a secret from at least `threshold` shares, trying other subsets while `isGenuine` says no (at most {@link SUBSET_LIMIT}).
 *
 * Holders that lie together can bend the polynomial and keep its secret. With m shares and the secret itself, the polynomial is certain when at
 * most (m + 1 - threshold) / 2 shares miss it (unique decoding of Reed-Solomon codes): only then is anybody named.
 *
 * @param isGenuine compares with the owner's commitment or public key.
 * @returns `null` when no subset tried gives the genuine secret.
 */
export function rebuildSecret(
  shares: readonly Share[],
  threshold: number,
  holders: number,
  isGenuine: (secret: Uint8Array) => boolean,
): RebuiltSecret | null {
  const certain = Math.floor((shares.length + 1 - threshold) / 2);
  let rebuilt: RebuiltSecret | null = null;
  let tried = 0;
  for (const subset of subsetsOf(shares, threshold)) {
    if (tried++ >= SUBSET_LIMIT) break;
    const secret = interpolateShares(subset, holders);
    if (!isGenuine(secret)) continue;
    const wrong = sharesOff(subset, shares, holders);
    if (wrong.length <= certain) return { secret, wrong };
    rebuilt = { secret, wrong: [] };
  }
  return rebuilt;
}

/** Points of the shares that are not on the polynomial of a subset. */
function sharesOff(subset: readonly Share[], shares: readonly Share[], holders: number): number[] {
  const used = new Set(subset.map((share) => share.x));
  const isOff = ({ x, bytes }: Share) => !used.has(x) && !equalBytes(interpolateShares(subset, holders, x), bytes);
  return shares.filter(isOff).map((share) => share.x);
}

/** Subsets of `size` items in lexicographic order of their places. */
function* subsetsOf<T>(items: readonly T[], size: number): Generator<T[]> {
  const places = Array.from({ length: size }, (_, index) => index);
  while (size <= items.length) {
    yield places.map((place) => items[place]!);
    let moving = size - 1;
    while (moving >= 0 && places[moving] === items.length - size + moving) moving--;
    if (moving < 0) return;
    places[moving]!++;
    for (let after = moving + 1; after < size; after++) places[after] = places[after - 1]! + 1;
  }
}
