import { createHash } from "node:crypto";

/**
 * A stream of random 32-bit words that any language with SHA-256 can make: word 8 i + j is the j-th little-endian word of
 * SHA-256(key ‖ i), with i as 8 little-endian bytes and key = SHA-256 of the label's UTF-8.
 */
export class DeterministicStream {
  readonly #key: Buffer;
  #block = Buffer.alloc(0);
  #blockIndex = 0n;
  #at = 0;

  /** @param label everything that the stream depends on, for example `tributary/v1/batches/seed=7/worker=aws-0` */
  constructor(label: string) {
    this.#key = createHash("sha256").update(label, "utf8").digest();
  }

  /** The next word, 0 to 2^32 - 1. */
  nextWord(): number {
    if (this.#at === this.#block.length) this.#fill();
    const word = this.#block.readUInt32LE(this.#at);
    this.#at += 4;
    return word;
  }

  #fill(): void {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64LE(this.#blockIndex++);
    this.#block = createHash("sha256").update(this.#key).update(counter).digest();
    this.#at = 0;
  }

  /** A whole number below `bound`; the bias is below bound / 2^32. */
  nextBelow(bound: number): number {
    return Math.floor((this.nextWord() / 2 ** 32) * bound);
  }
}
