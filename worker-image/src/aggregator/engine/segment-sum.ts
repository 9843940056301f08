import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { createRingKernels, GROUP_VALUES, type RingBits, requireRingBits } from "@tributary/federated";
import { readAt } from "../../shared/files/flat-model-file.ts";

/** Values that are summed at a time: memory is two packed vectors of this length. */
const CHUNK_VALUES = 2 ** 18;

const kernels = createRingKernels();

/**
 * Adds packed segments of several parties mod 2^b into a new packed file, in bounded memory.
 *
 * @param inputs paths of the staged segments, each of `ceil(values / 8) · b` bytes.
 * @returns SHA-256 of the sum's bytes, 32 bytes. The file is not yet durable.
 */
export async function sumSegments(
  inputs: readonly string[],
  segment: { readonly values: number; readonly ringBits: number },
  outPath: string,
): Promise<Uint8Array> {
  const bits = requireRingBits(segment.ringBits);
  const files: FileHandle[] = [];
  const out = await open(outPath, "w");
  const hash = createHash("sha256");
  try {
    for (const path of inputs) files.push(await open(path, "r"));
    const paddedValues = Math.ceil(segment.values / GROUP_VALUES) * GROUP_VALUES;
    for (let start = 0; start < paddedValues; start += CHUNK_VALUES) {
      const packed = await sumChunk(files, start, Math.min(CHUNK_VALUES, paddedValues - start), bits);
      hash.update(packed);
      await out.write(packed, 0, packed.length, (start / GROUP_VALUES) * bits);
    }
    return new Uint8Array(hash.digest());
  } finally {
    await out.close();
    for (const file of files) await file.close();
  }
}

async function sumChunk(
  files: readonly FileHandle[],
  start: number,
  values: number,
  bits: RingBits,
): Promise<Uint8Array> {
  const sum = new Uint8Array((values / GROUP_VALUES) * bits);
  for (const file of files) {
    kernels.accumulate(sum, await readAt(file, (start / GROUP_VALUES) * bits, sum.length), bits);
  }
  return sum;
}

/** Reads `values` signed sums of a packed file from value `start` on, a multiple of eight. */
export async function readSums(file: FileHandle, start: number, values: number, ringBits: number): Promise<Int32Array> {
  const bits = requireRingBits(ringBits);
  const groups = Math.ceil(values / GROUP_VALUES);
  const packed = await readAt(file, (start / GROUP_VALUES) * bits, groups * bits);
  const sums = kernels.unpack(packed, bits, new Int32Array(groups * GROUP_VALUES));
  return sums.subarray(0, values);
}
