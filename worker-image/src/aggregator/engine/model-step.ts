import { createHash } from "node:crypto";
import {
  createState,
  isArgumentError,
  layoutSafetensors,
  type OptimiserParameters,
  type ServerOptimiser,
  type ServerState,
} from "@tributary/federated";
import { type Disk, type DiskFile, readFully, realDisk, TributaryError, writeFully } from "@tributary/kit";
import { type FlatModelFile, openFlatModel } from "../../shared/files/flat-model-file.ts";
import { SCRATCH_VALUES, withScratch } from "../../shared/files/scratch.ts";
import { sumDamaged, sumSizeBytes } from "./recorded-sum.ts";
import { readScaledSums, type ScaledBuffers } from "./segment-sum.ts";

/** The opened sum of one update segment. */
export interface OpenedSum {
  readonly path: string;
  /** SHA-256 of its bytes, which is checked as they are read. */
  readonly sha256?: Uint8Array;
  /** First parameter in the flat vector. */
  readonly offset: number;
  readonly parameters: number;
  readonly ringBits: number;
  readonly step: number;
  /** Parties in the sum. */
  readonly parties: number;
}

/** What the server optimiser starts from and where its results go. */
export interface ModelStepRequest {
  readonly optimiser: ServerOptimiser;
  readonly parameters: OptimiserParameters;
  readonly round: number;
  readonly basePath: string;
  /** State after the last training round, or `undefined` before the first. */
  readonly statePath: string | undefined;
  /** In the order of the segments; each is stepped as it comes. */
  readonly sums: Iterable<OpenedSum> | AsyncIterable<OpenedSum>;
  /** Told ‖mean update‖² of each segment, in their order. */
  readonly noteMean?: (squaredNorm: number) => void;
  readonly modelOut: string;
  /** Written only when the optimiser keeps state. */
  readonly stateOut: string;
  /** The machine's by default. */
  readonly disk?: Disk;
}

/** Digests of what was written, hexadecimal; the state's is empty when there is none. */
export interface ModelStepResult {
  readonly modelSha256: string;
  readonly optimiserSha256: string;
}

const FLOAT_BYTES = 4;

/**
 * Applies the server optimiser to the mean update, chunk by chunk, from files to files; the model's bytes are durable, its name is not yet.
 *
 * The optimiser's state is one vector a slot, float32, little-endian, end to end in the order of its slots.
 *
 * @throws SUM_DAMAGED when a sum is not what was recorded, MODEL_NOT_FINITE when the step overflows; STORAGE_FULL, STORAGE_UNAVAILABLE.
 */
export async function stepModel(request: ModelStepRequest): Promise<ModelStepResult> {
  const disk = request.disk ?? realDisk;
  const base = await openFlatModel(request.basePath, disk);
  try {
    const { parameters } = base.layout;
    const layout = layoutSafetensors(base.layout.tensors.map(({ name, shape }) => ({ name, shape, dtype: "F32" })));
    const model = await disk.open(request.modelOut, "w");
    const state = await closingOnFailure(model, () => openState(disk, request, parameters));
    const hash = createHash("sha256").update(layout.header);
    let written: Promise<unknown> = Promise.resolve();
    try {
      await writeFully(model, layout.header);
      await withScratch(async (scratch) => {
        const buffers = { packed: scratch.bytes(), sums: scratch.floats(), base: scratch.floats() };
        let flush: Promise<void> = Promise.resolve();
        for await (const sum of request.sums) {
          const squaredNorm = await stepSegment(disk, request, { base, state, sum, buffers }, async (stepped) => {
            // One chunk is written while the next one is read.
            await written;
            written = writeFully(model, stepped);
            written.catch(() => {});
            hash.update(stepped);
          });
          await written;
          request.noteMean?.(squaredNorm);
          // The disk writes one segment while the next one is stepped.
          await flush;
          flush = model.datasync();
          flush.catch(() => {});
        }
        await flush;
      });
      return { modelSha256: hash.digest("hex"), optimiserSha256: await state.finish() };
    } finally {
      await written.catch(() => {});
      await state.close();
      await model.close();
    }
  } finally {
    await base.close();
  }
}

interface SegmentStep {
  readonly base: FlatModelFile;
  readonly state: StateFiles;
  readonly sum: OpenedSum;
  /** Memory for one chunk, the same for every segment. */
  readonly buffers: ScaledBuffers & { readonly base: Float32Array };
}

/** Steps the parameters of one segment, a chunk at a time, in order; gives ‖mean update‖². */
async function stepSegment(
  disk: Disk,
  request: ModelStepRequest,
  { base, state, sum, buffers }: SegmentStep,
  write: (stepped: Uint8Array) => Promise<void>,
): Promise<number> {
  const [sizeBytes, wanted] = [await disk.sizeOf(sum.path), sumSizeBytes(sum.parameters, sum.ringBits)];
  if (sizeBytes !== wanted) throw sumDamaged(sum.path, `${sizeBytes ?? "no"} bytes`, `${wanted} bytes`);
  const source = await disk.open(sum.path, "r");
  try {
    const { ringBits, step } = sum;
    const hash = createHash("sha256");
    let squaredNorm = 0;
    for (let start = 0; start < sum.parameters; start += SCRATCH_VALUES) {
      const values = Math.min(SCRATCH_VALUES, sum.parameters - start);
      const [meanUpdate, before] = await Promise.all([
        readScaledSums(source, buffers, { start, values, ringBits, step }),
        base.read(sum.offset + start, buffers.base.subarray(0, values)),
      ]);
      hash.update(buffers.packed.subarray(0, sumSizeBytes(values, ringBits)));
      squaredNorm += divide(meanUpdate, sum.parties);
      await write(await stepChunk(request, state, sum.offset + start, before, meanUpdate));
    }
    const found = hash.digest();
    if (sum.sha256 !== undefined && !found.equals(sum.sha256))
      throw sumDamaged(sum.path, `of digest ${found.toString("hex")}`, `of ${Buffer.from(sum.sha256).toString("hex")}`);
    return squaredNorm;
  } finally {
    await source.close();
  }
}

/** Divides each value, in place; gives the sum of the squares, in the same walk, since a model is large. */
function divide(values: Float32Array, by: number): number {
  let squares = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index]! / by;
    values[index] = value;
    squares += value * value;
  }
  return squares;
}

async function stepChunk(
  { optimiser, parameters, round }: ModelStepRequest,
  state: StateFiles,
  offset: number,
  base: Float32Array,
  meanUpdate: Float32Array,
): Promise<Uint8Array> {
  const slots = await state.read(offset, base.length);
  const result = stepFinite(offset, () => optimiser.step({ base, meanUpdate, state: slots, round, parameters }));
  await state.write(offset, result.state);
  return bytesOf(result.model);
}

/** What would overflow is never committed; the message says where, so that whoever reads it can look at that parameter. */
function stepFinite<T>(offset: number, step: () => T): T {
  try {
    return step();
  } catch (cause) {
    if (!isArgumentError(cause)) throw cause;
    const message = `in the chunk from parameter ${offset} on, ${cause.message}; the round is closed and done again; lower spec.strategy.parameters.serverLearningRate or the learning rate of the trainer, or find the worker whose updates are so large`;
    throw new TributaryError("MODEL_NOT_FINITE", message, { cause });
  }
}

interface StateFiles {
  read(offset: number, count: number): Promise<ServerState<Float32Array>>;
  write(offset: number, state: ServerState<Float32Array>): Promise<void>;
  finish(): Promise<string>;
  close(): Promise<void>;
}

/** Opens what comes after a file, which does not stay open when that fails. */
async function closingOnFailure<T>(opened: DiskFile | undefined, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (cause) {
    await opened?.close();
    throw cause;
  }
}

async function openState(disk: Disk, request: ModelStepRequest, total: number): Promise<StateFiles> {
  const { optimiser, parameters } = request;
  const slots = optimiser.stateSlots.map(({ name }) => name);
  const before =
    request.statePath === undefined || slots.length === 0 ? undefined : await disk.open(request.statePath, "r");
  const openAfter = async () => (slots.length === 0 ? undefined : disk.open(request.stateOut, "w+"));
  const after = await closingOnFailure(before, openAfter);
  const positionOf = (slot: number, offset: number) => (slot * total + offset) * FLOAT_BYTES;
  return {
    async read(offset, count) {
      if (before === undefined) return createState(optimiser, parameters, count, (length) => new Float32Array(length));
      const vectors = slots.map(
        async (name, slot) => [name, await readFloats(before, positionOf(slot, offset), count)] as const,
      );
      return Object.fromEntries(await Promise.all(vectors));
    },
    async write(offset, state) {
      for (const [slot, name] of slots.entries()) {
        const bytes = bytesOf(state[name]!);
        if (after !== undefined) await writeFully(after, bytes, positionOf(slot, offset));
      }
    },
    finish: async () => (after === undefined ? "" : hashOf(after, slots.length * total * FLOAT_BYTES)),
    async close() {
      await before?.close();
      await after?.close();
    },
  };
}

async function readFloats(file: DiskFile, position: number, count: number): Promise<Float32Array> {
  const bytes = await readFully(file, position, Buffer.alloc(count * FLOAT_BYTES));
  const floats = new Float32Array(count);
  new Uint8Array(floats.buffer).set(bytes);
  return floats;
}

async function hashOf(file: DiskFile, sizeBytes: number): Promise<string> {
  const hash = createHash("sha256");
  for (let done = 0; done < sizeBytes; done += 2 ** 20)
    hash.update(await readFully(file, done, Buffer.alloc(Math.min(2 ** 20, sizeBytes - done))));
  return hash.digest("hex");
}

function bytesOf(floats: Float32Array): Uint8Array {
  return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
}
