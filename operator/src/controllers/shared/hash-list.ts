import { createHash } from "node:crypto";

const length = 12;
const radix = 36;

/**
 * Twelve lower-case letters and digits, 62 bits of a SHA-256, that stand for a list of texts in a name. The list is hashed
 * as a list: `["a", "b-c"]` and `["a-b", "c"]` differ.
 */
export function hashList(parts: readonly string[]): string {
  const digest = createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  const reduced = BigInt(`0x${digest}`) % BigInt(radix) ** BigInt(length);
  return reduced.toString(radix).padStart(length, "0");
}
