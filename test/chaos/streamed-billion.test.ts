import { createHash } from "node:crypto";
import {
  createRingTile,
  decodeChunk,
  encodeChunk,
  Keystream,
  type Mask,
  packedSizeBytes,
  quantise,
  sumChunks,
} from "@tributary/federated";
import { createKeystream } from "@tributary/worker-image";
import { describe, expect, it } from "vitest";

const parties = 3;
const chunkValues = 2 ** 20;
const chunks = Math.ceil(1e9 / chunkValues);
const ringBits = 12;
const grid = { step: 2 ** -8, valueBits: 8 } as const;

const keyOf = (label: string) => new Uint8Array(createHash("sha256").update(label).digest());
const bytesBefore = (chunk: number) => packedSizeBytes(chunk * chunkValues, ringBits);

/** Masks of one party for one chunk: its own, and one with every other party, added by the lower id. */
function masksOf(party: number, chunk: number): Mask[] {
  const offset = bytesBefore(chunk);
  const own: Mask = { stream: createKeystream(Keystream.Aes256Ctr, keyOf(`self ${party}`), offset), sign: 1 };
  const pairs = Array.from({ length: parties }, (_none, other) => other)
    .filter((other) => other !== party)
    .map((other): Mask => {
      const pair = `pair ${Math.min(party, other)} ${Math.max(party, other)}`;
      return { stream: createKeystream(Keystream.Aes256Ctr, keyOf(pair), offset), sign: other > party ? 1 : -1 };
    });
  return [own, ...pairs];
}

const roundingOf = (party: number, chunk: number) =>
  createKeystream(Keystream.Aes256Ctr, keyOf(`rounding ${party}`), 2 * chunk * chunkValues);

describe("a vector of a billion values, streamed", () => {
  it("sums exactly under masks, chunk by chunk, in bounded memory", () => {
    const tile = createRingTile();
    const sizeBytes = packedSizeBytes(chunkValues, ringBits);
    const inputs = Array.from({ length: parties }, () => new Uint8Array(sizeBytes));
    const x = new Float32Array(chunkValues);
    const q = new Int32Array(chunkValues);
    const want = new Int32Array(chunkValues);
    const sum = new Uint8Array(sizeBytes);
    const opened = new Float32Array(chunkValues);
    const draws = new Uint8Array(2 * chunkValues);
    let wrong = 0;
    for (let chunk = 0; chunk < chunks; chunk++) {
      want.fill(0);
      for (let party = 0; party < parties; party++) {
        for (let i = 0; i < chunkValues; i++) x[i] = ((((i + chunk) * 37 + party * 11) % 255) - 127) * grid.step * 0.7;
        const work = { x, grid, ringBits, offset: chunk * chunkValues } as const;
        encodeChunk(tile, {
          ...work,
          rounding: roundingOf(party, chunk),
          masks: masksOf(party, chunk),
          out: inputs[party]!,
        });
        roundingOf(party, chunk)(draws);
        quantise(x, grid, draws, q);
        for (let i = 0; i < chunkValues; i++) want[i] = (want[i] as number) + (q[i] as number);
      }
      sumChunks(tile, { inputs, masks: [], ringBits, values: chunkValues, out: sum });
      const remove = inputs.map((_input, party): Mask => ({ ...(masksOf(party, chunk)[0] as Mask), sign: -1 }));
      decodeChunk(tile, { packed: sum, masks: remove, ringBits, scale: 1, out: opened });
      for (let i = 0; i < chunkValues; i++) if (opened[i] !== want[i]) wrong++;
    }
    expect(wrong).toBe(0);
    expect(process.memoryUsage.rss()).toBeLessThan(512 * 2 ** 20);
  });
});
