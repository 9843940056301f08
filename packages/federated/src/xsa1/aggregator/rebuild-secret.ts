import { interpolateShares, type Share } from "../../shamir/shamir.ts";
import { equalBytes } from "../bytes.ts";

/** Subsets tried before giving up on a secret with wrong shares among its shares. */
export const SUBSET_LIMIT = 2_000;

/** A rebuilt secret and the points whose shares do not lie on its polynomial. */
export interface RebuiltSecret {
  readonly secret: Uint8Array;
  readonly wrong: readonly number[];
}

/**
 * Rebuilds a secret from at least `threshold` shares, trying other subsets while `isGenuine` says no (at most {@link SUBSET_LIMIT}).
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
  let tried = 0;
  for (const subset of subsetsOf(shares, threshold)) {
    if (tried++ >= SUBSET_LIMIT) return null;
    const secret = interpolateShares(subset, holders);
    if (!isGenuine(secret)) continue;
    const used = new Set(subset.map((share) => share.x));
    const isWrong = (share: Share) =>
      !used.has(share.x) && !equalBytes(interpolateShares(subset, holders, share.x), share.bytes);
    return { secret, wrong: shares.filter(isWrong).map((share) => share.x) };
  }
  return null;
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
