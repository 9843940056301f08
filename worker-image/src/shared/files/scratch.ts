/** The memory of a vector as bytes, shared with it. */
export function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Values that a scratch buffer holds as float32, or packed at any ring width; a multiple of eight. */
export const SCRATCH_VALUES = 2 ** 18;

const SCRATCH_BYTES = 4 * SCRATCH_VALUES;
/** Idle buffers that are kept: what two passes over a model use at once. */
const MAX_IDLE = 16;

const idle: ArrayBuffer[] = [];

/** Buffers on loan; each call lends another one, whose content is whatever was there before. */
export interface Scratch {
  /** A vector of SCRATCH_VALUES floats. */
  floats(): Float32Array<ArrayBuffer>;
  /** As many bytes. */
  bytes(): Uint8Array<ArrayBuffer>;
}

/**
 * Lends buffers to a pass over a model, which would otherwise make garbage as large as the model in every round.
 *
 * After a failure the buffers are not lent again: a read that was under way may still write to them.
 */
export async function withScratch<T>(use: (scratch: Scratch) => Promise<T>): Promise<T> {
  const lent: ArrayBuffer[] = [];
  const lend = (): ArrayBuffer => {
    const buffer = idle.pop() ?? new ArrayBuffer(SCRATCH_BYTES);
    lent.push(buffer);
    return buffer;
  };
  const result = await use({ floats: () => new Float32Array(lend()), bytes: () => new Uint8Array(lend()) });
  idle.push(...lent.slice(0, Math.max(0, MAX_IDLE - idle.length)));
  return result;
}
