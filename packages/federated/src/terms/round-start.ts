import { requireArgument } from "../errors.ts";
import { u32Bytes, utf8 } from "../xsa1/bytes.ts";
import type { CryptoSuite } from "../xsa1/crypto-suite.ts";

/** An object that a round starts from, as it is named in the start's digest. */
export interface StartObject {
  /** For example `model`. */
  readonly name: string;
  /** For example `safetensors`. */
  readonly format: string;
  /** SHA-256 of the object's file, 32 bytes. */
  readonly sha256: Uint8Array;
}

const NAME = /^[a-z][a-z0-9._-]{0,62}$/;

/**
 * Digest of what a round starts from: `SHA256("tributary/start" ‖ u32 count ‖ (name ‖ 0 ‖ format ‖ 0 ‖ sha256)…)`, objects ascending by
 * name. One start has one digest: no order, no repetition and no header of a file can give it another. The round's plan carries it.
 *
 * @throws ArgumentError for no object, names out of order or twice, letters that a name cannot have, a digest that is not of 32 bytes.
 */
export function startDigest(crypto: Pick<CryptoSuite, "sha256">, objects: readonly StartObject[]): Uint8Array {
  requireArgument(objects.length > 0, "start.objects", objects, "at least one");
  const zero = Uint8Array.of(0);
  const parts = objects.flatMap(({ name, format, sha256 }, index) => {
    requireArgument(NAME.test(name), "start.objects.name", name, "lower-case letters, digits, '.', '_' and '-'");
    requireArgument(NAME.test(format), "start.objects.format", format, "lower-case letters, digits, '.', '_' and '-'");
    const before = objects[index - 1]?.name;
    requireArgument(before === undefined || before < name, "start.objects", name, "ascending by name, each once");
    requireArgument(sha256.length === 32, `start.objects.${name}.sha256`, sha256, "32 bytes");
    return [utf8(name), zero, utf8(format), zero, sha256];
  });
  return crypto.sha256(utf8("tributary/start"), u32Bytes(objects.length), ...parts);
}
