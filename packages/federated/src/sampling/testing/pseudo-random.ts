import type { RandomBytes } from "../bernoulli.ts";

/**
 * A stream of pseudo-random bytes for tests, xoshiro128** (Blackman and Vigna, TOMS 47, 2021) seeded by a text. Fast,
 * the same everywhere, and not secret: never for noise that protects anybody.
 */
export function pseudoRandomBytes(seed: string): RandomBytes {
  const state = seedOf(seed);
  return (count) => {
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count; at += 4) {
      const word = nextWord(state);
      for (let i = 0; i < 4 && at + i < count; i++) bytes[at + i] = word >>> (8 * i);
    }
    return bytes;
  };
}

function seedOf(seed: string): Uint32Array {
  let hash = 0x811c9dc5;
  const state = new Uint32Array(4);
  for (let i = 0; i < 4; i++) {
    for (const letter of `${seed} ${i}`) hash = Math.imul(hash ^ letter.codePointAt(0)!, 0x01000193);
    state[i] = hash ^ (hash >>> 15);
  }
  for (let i = 0; i < 64; i++) nextWord(state);
  return state;
}

function nextWord(state: Uint32Array): number {
  const [a, b, c, d] = state as unknown as [number, number, number, number];
  const word = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
  state[2] = c ^ a;
  state[3] = d ^ b;
  state[1] = b ^ state[2]!;
  state[0] = a ^ state[3]!;
  state[2] = state[2]! ^ (b << 9);
  state[3] = rotateLeft(state[3]!, 11);
  return word;
}

function rotateLeft(word: number, count: number): number {
  return (word << count) | (word >>> (32 - count));
}
