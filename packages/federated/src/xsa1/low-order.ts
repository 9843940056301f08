import { fromHex, toHex } from "./bytes.ts";

/**
 * Every 32-byte encoding of a Curve25519 point of low order, top bit cleared: 0, 1, two points of order 8, p - 1, p and p + 1
 * (Bernstein, "Validating Curve25519 public keys"; RFC 7748 §5 ignores the top bit).
 */
const LOW_ORDER_POINTS: ReadonlySet<string> = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]);

/** One encoding of each point of low order, for tests of whoever must refuse them. */
export function lowOrderPoints(): Uint8Array[] {
  return [...LOW_ORDER_POINTS].map(fromHex);
}

/** True when X25519 with this 32-byte public key gives zero whatever the secret: nobody may agree a key with it. */
export function isLowOrderPoint(publicKey: Uint8Array): boolean {
  const point = Uint8Array.from(publicKey);
  point[31]! &= 0x7f;
  return LOW_ORDER_POINTS.has(toHex(point));
}
