import { createCipheriv } from "node:crypto";

/** Length of a tag in bytes. */
export const PIECE_TAG_BYTES = 16;

/** Everybody knows it: a tag notices what a disk lost, and proves nothing. */
const KEY = Buffer.alloc(16);
const NONCE = Buffer.alloc(12);

/**
 * Tag of a piece of a file by which lost or torn bytes are noticed: AES-GMAC under a key that is no secret (NIST SP 800-38D, section 3),
 * since processors make it several times as fast as a CRC-32 of zlib. A piece of zeros has no tag of zeros.
 */
export function pieceTag(piece: Uint8Array): Buffer {
  return new RunningTag().update(piece).digest();
}

/** {@link pieceTag} of bytes that come one after another. */
export class RunningTag {
  readonly #cipher = createCipheriv("aes-128-gcm", KEY, NONCE);

  /** Takes the next bytes. */
  update(bytes: Uint8Array): this {
    this.#cipher.setAAD(bytes);
    return this;
  }

  /** The tag of all that came; called once, at the end. */
  digest(): Buffer {
    this.#cipher.final();
    return this.#cipher.getAuthTag();
  }
}
