import { createCipheriv, createHash } from "node:crypto";

/** Random choices that the same seed makes again. */
export interface SeededRandom {
  /** A number in [0, 1). */
  readonly next: () => number;
  /** A whole number in [0, bound). */
  readonly below: (bound: number) => number;
  /** The items in another order. */
  readonly shuffled: <T>(items: readonly T[]) => T[];
}

/** A stream of random choices: AES-CTR under the digest of a seed. */
export function createSeededRandom(seed: string): SeededRandom {
  const cipher = createCipheriv("aes-256-ctr", createHash("sha256").update(seed).digest(), Buffer.alloc(16));
  const next = () => cipher.update(Buffer.alloc(4)).readUInt32BE(0) / 2 ** 32;
  const below = (bound: number) => Math.floor(next() * bound);
  return {
    next,
    below,
    shuffled(items) {
      const mixed = [...items];
      for (let index = mixed.length - 1; index > 0; index--) {
        const other = below(index + 1);
        [mixed[index], mixed[other]] = [mixed[other] as never, mixed[index] as never];
      }
      return mixed;
    },
  };
}
