import { type RandomBytes, takeBytes } from "./bernoulli.ts";

/** The next 32 random bits of a stream, as an unsigned integer. */
export type WordSource = () => number;

/** Reads a byte stream in words, most significant byte first, fetching `wordsAtOnce` of them at a time. */
export function wordsOf(random: RandomBytes, wordsAtOnce: number): WordSource {
  const fetched = new Uint8Array(4 * wordsAtOnce);
  const view = new DataView(fetched.buffer);
  let at = fetched.length;
  return () => {
    if (at === fetched.length) {
      fetched.set(takeBytes(random, fetched.length));
      at = 0;
    }
    at += 4;
    return view.getUint32(at - 4);
  };
}
