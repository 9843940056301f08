/** Decimal digits: the form of every resource version of a kube-apiserver. */
const decimal = /^\d+$/;

/**
 * Whether `now` lies before `seen`: the API server was restored from an older state. Versions of one resource are
 * comparable numbers (KEP-5504); of any other form nothing is claimed.
 */
export function isOlderVersion(now: string, seen: string): boolean {
  return decimal.test(now) && decimal.test(seen) && BigInt(now) < BigInt(seen);
}
