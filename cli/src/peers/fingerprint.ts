import { createHash } from "node:crypto";
import { type Reading, showValue } from "@tributary/contracts/fields";

const DIGITS = 64;

/**
 * The fingerprint of an identity key by which two people compare it: SHA-256 of the raw 32 bytes, hexadecimal, in sixteen groups of four.
 *
 * @param publicKey base64 of the key.
 */
export function fingerprintOf(publicKey: string): string {
  const digest = createHash("sha256").update(Buffer.from(publicKey, "base64")).digest("hex");
  return digest.replaceAll(/.{4}(?=.)/gu, "$&:");
}

/** Reads a whole fingerprint, in capitals or not, in groups or not. Part of one is none: whoever wants to can make a key whose fingerprint begins like another's. */
export function readFingerprint(text: string): Reading<string> {
  const digits = text.replaceAll(/[\s:-]/gu, "").toLowerCase();
  if (/^[0-9a-f]+$/u.test(digits) && digits.length === DIGITS)
    return { ok: true, value: digits.replaceAll(/.{4}(?=.)/gu, "$&:") };
  const counted = /^[0-9a-f]+$/u.test(digits) ? `; ${showValue(text)} has ${digits.length}` : "";
  return { ok: false, expected: `a whole fingerprint of ${DIGITS} hexadecimal digits, in groups or not${counted}` };
}
