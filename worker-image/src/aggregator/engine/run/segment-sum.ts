import { createHash } from "node:crypto";
import {
  createRingKernels,
  GROUP_VALUES,
  type MaskKey,
  packedSizeBytes,
  type RingBits,
  requireRingBits,
} from "@tributary/federated";
import { type AnyFile, type Disk, type DiskFile, readFully, realDisk, writeFully } from "@tributary/kit";
import { SCRATCH_VALUES, type Scratch, withScratch } from "../../../shared/files/scratch.ts";
import { KernelWork } from "../../../shared/kernels/kernel-request.ts";
import { processKernels } from "../../../shared/kernels/process-kernels.ts";

const kernels = createRingKernels();

/** How a sum is made. */
export interface SumOptions {
  /** The machine's by default. */
  readonly disk?: Disk;
  /** Told of the bytes of each input, in their order, before they are added; their memory is used again afterwards. */
  readonly onRead?: (input: number, bytes: Uint8Array) => void;
  /** Masks that are added to the sum by their signs, at each value's place in the segment. */
  readonly masks?: readonly MaskKey[];
  /** Told of the bytes of the sum, in their order, before they are written; their memory is used again afterwards. */
  readonly onSummed?: (packed: Uint8Array, values: number) => void;
}

/**
 * Adds packed segments of several parties mod 2^b into a new packed file, in bounded memory.
 *
 * @param inputs paths of the staged segments, each of `ceil(values / 8) · b` bytes; what they hold is checked by whoever asks.
 * @returns SHA-256 of the sum's bytes, 32 bytes. The file is not yet durable.
 */
export async function sumSegments(
  inputs: readonly string[],
  segment: { readonly values: number; readonly ringBits: number },
  outPath: string,
  { disk = realDisk, onRead = () => {}, onSummed = () => {}, masks = [] }: SumOptions = {},
): Promise<Uint8Array> {
  const bits = requireRingBits(segment.ringBits);
  const files: DiskFile[] = [];
  const out = await disk.open(outPath, "w");
  const hash = createHash("sha256");
  let written: Promise<unknown> = Promise.resolve();
  try {
    for (const path of inputs) files.push(await disk.open(path, "r"));
    const paddedValues = Math.ceil(segment.values / GROUP_VALUES) * GROUP_VALUES;
    return await withScratch(async (scratch) => {
      const chunkValues = chunkValuesOf(inputs.length + masks.length);
      const buffers = { inputs: splitScratch(scratch, inputs.length, chunkValues), out: scratch.bytes() };
      for (let start = 0; start < paddedValues; start += chunkValues) {
        const chunk = { start, values: Math.min(chunkValues, paddedValues - start), ringBits: bits };
        await readChunk(files, buffers.inputs, chunk);
        for (const input of files.keys()) onRead(input, inputOf(buffers.inputs, input, chunk));
        // One chunk is written while the next one is read.
        await written;
        const packed = addChunk(buffers, chunk, masks);
        onSummed(packed, Math.min(chunk.values, segment.values - start));
        written = writeFully(out, packed, packedSizeBytes(start, bits));
        written.catch(() => {});
        hash.update(packed);
      }
      await written;
      return new Uint8Array(hash.digest());
    }).finally(() => written.catch(() => {}));
  } finally {
    await out.close();
    for (const file of files) await file.close();
  }
}

/** Inputs of which a whole scratch buffer each is held, and added in one turn of the loop. */
const WHOLE_INPUTS = 16;

/** Values that are added at a time: many parties share the memory, and the time on the loop, of a few. */
function chunkValuesOf(inputs: number): number {
  const share = 2 ** Math.ceil(Math.log2(Math.max(1, inputs / WHOLE_INPUTS)));
  return Math.max(GROUP_VALUES, SCRATCH_VALUES / share);
}

/** A buffer of `chunkValues` at most 32-bit values for each input. */
function splitScratch(scratch: Scratch, inputs: number, chunkValues: number): Uint8Array[] {
  const [sizeBytes, parts] = [4 * chunkValues, SCRATCH_VALUES / chunkValues];
  let lent = new Uint8Array();
  return Array.from({ length: inputs }, (_, index) => {
    if (index % parts === 0) lent = scratch.bytes();
    const offset = (index % parts) * sizeBytes;
    return lent.subarray(offset, offset + sizeBytes);
  });
}

interface SumBuffers {
  readonly inputs: readonly Uint8Array[];
  readonly out: Uint8Array;
}

interface Chunk {
  readonly start: number;
  readonly values: number;
  readonly ringBits: RingBits;
}

async function readChunk(files: readonly DiskFile[], inputs: readonly Uint8Array[], chunk: Chunk): Promise<void> {
  const position = packedSizeBytes(chunk.start, chunk.ringBits);
  await Promise.all(files.map((file, index) => readFully(file, position, inputOf(inputs, index, chunk))));
}

function addChunk({ inputs, out }: SumBuffers, chunk: Chunk, masks: readonly MaskKey[]): Uint8Array {
  const { start: offset, values, ringBits } = chunk;
  const sum = out.subarray(0, packedSizeBytes(values, ringBits));
  const parts = inputs.map((_input, index) => inputOf(inputs, index, chunk));
  processKernels()({ kind: KernelWork.Sum, inputs: parts, masks, ringBits, offset, values, out: sum });
  return sum;
}

function inputOf(inputs: readonly Uint8Array[], index: number, { values, ringBits }: Chunk): Uint8Array {
  return inputs[index]!.subarray(0, packedSizeBytes(values, ringBits));
}

/** Reads `values` signed sums of a packed file from value `start` on, a multiple of eight. */
export async function readSums(file: AnyFile, start: number, values: number, ringBits: number): Promise<Int32Array> {
  const bits = requireRingBits(ringBits);
  const groups = Math.ceil(values / GROUP_VALUES);
  const packed = await readFully(file, (start / GROUP_VALUES) * bits, Buffer.alloc(groups * bits));
  const sums = kernels.unpack(packed, bits, new Int32Array(groups * GROUP_VALUES));
  return sums.subarray(0, values);
}

/** Memory for {@link readScaledSums}; what it returns is a view of `sums`. */
export interface ScaledBuffers {
  readonly packed: Uint8Array;
  readonly sums: Float32Array;
}

/** Reads `values` sums of a packed file from value `start` on, each times a power-of-two step; exact in float32 up to 24 bits. */
export async function readScaledSums(
  file: AnyFile,
  buffers: ScaledBuffers,
  span: { readonly start: number; readonly values: number; readonly ringBits: number; readonly step: number },
): Promise<Float32Array> {
  const ringBits = requireRingBits(span.ringBits);
  const { start: offset, values, step: scale } = span;
  const sizeBytes = packedSizeBytes(values, ringBits);
  const packed = await readFully(file, packedSizeBytes(offset, ringBits), buffers.packed.subarray(0, sizeBytes));
  const out = buffers.sums.subarray(0, values);
  processKernels()({ kind: KernelWork.Decode, packed, masks: [], ringBits, offset, scale, out });
  return out;
}
