import { createHash } from "node:crypto";
import { isArgumentError, layoutModel, type OptimiserParameters, type ServerOptimiser } from "@tributary/federated";
import { type Disk, isStorageError, realDisk, TributaryError, writeFully } from "@tributary/kit";
import { type FlatModelFile, openFlatModel } from "../../../shared/files/flat-model-file.ts";
import { RunningTag } from "../../../shared/files/piece-tag.ts";
import { bytesOf, SCRATCH_VALUES, withScratch } from "../../../shared/files/scratch.ts";
import { type KnownFile, requireDigest, requireMarks, requireWhole } from "../../store/known-file.ts";
import type { RoundMarks } from "../../store/round-store.ts";
import { sumDamaged, sumSizeBytes } from "../run/recorded-sum.ts";
import { readScaledSums, type ScaledBuffers } from "../run/segment-sum.ts";
import { closingOnFailure, openState, type StateFiles } from "./optimiser-state.ts";

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
  readonly base: KnownFile;
  /** State after the last training round by slot, or `undefined` before the first. */
  readonly state: Readonly<Record<string, KnownFile>> | undefined;
  /** In the order of the segments; each is stepped as it comes. */
  readonly sums: Iterable<OpenedSum> | AsyncIterable<OpenedSum>;
  /** Told ‖mean update‖² of each segment, in their order. */
  readonly noteMean?: (squaredNorm: number) => void;
  /** Told what was written, once all is. */
  readonly noteMarks?: (marks: RoundMarks) => void;
  readonly modelOut: string;
  /** Path of a slot's next state; nothing is written there when the optimiser keeps none. */
  readonly slotOut: (slot: string) => string;
  /** The machine's by default. */
  readonly disk?: Disk;
}

/** Digests of what was written, hexadecimal. */
export interface ModelStepResult {
  readonly modelSha256: string;
  /** By slot; empty when the optimiser keeps no state. */
  readonly optimiser: Readonly<Record<string, string>>;
}

/**
 * Applies the server optimiser to the mean update, chunk by chunk, from files to files; the model's bytes are durable, its name is not yet.
 *
 * Base and state are compared with what was written, or with their digests, while or just before they are stepped through.
 *
 * @throws SUM_DAMAGED when a sum is not what was recorded, the error of base or state when it is not what it must be, MODEL_NOT_FINITE when
 * the step overflows; STORAGE_FULL, STORAGE_UNAVAILABLE.
 */
export async function stepModel(request: ModelStepRequest): Promise<ModelStepResult> {
  const disk = request.disk ?? realDisk;
  const state = request.optimiser.stateSlots.length === 0 ? undefined : request.state;
  await requireWhole(request.base, disk);
  for (const slot of Object.values(state ?? {})) await requireWhole(slot, disk);
  const checked = { ...request, state };
  const base = await orDamaged(checked, disk, openFlatModel(request.base.path, disk));
  try {
    return await stepFrom(base, checked, disk);
  } finally {
    await base.close();
  }
}

async function stepFrom(base: FlatModelFile, request: ModelStepRequest, disk: Disk): Promise<ModelStepResult> {
  const layout = layoutModel(base.layout.tensors);
  const model = await disk.open(request.modelOut, "w");
  const state = await closingOnFailure(model, () => openState(disk, request, base.layout.parameters));
  const hash = createHash("sha256").update(layout.header);
  // Every model of a job is laid out alike: header and parameters are the bytes of the file, read or written.
  const tags = { base: new RunningTag().update(layout.header), model: new RunningTag().update(layout.header) };
  let written: Promise<unknown> = Promise.resolve();
  try {
    await writeFully(model, layout.header);
    await withScratch(async (scratch) => {
      const buffers = { packed: scratch.bytes(), sums: scratch.floats(), base: scratch.floats() };
      let flush: Promise<void> = Promise.resolve();
      for await (const sum of request.sums) {
        const step = { base, baseTag: tags.base, state, sum, buffers };
        const stepping = stepSegment(disk, request, step, async (stepped) => {
          // One chunk is written while the next one is read.
          await written;
          written = writeFully(model, stepped);
          written.catch(() => {});
          hash.update(stepped);
          tags.model.update(stepped);
        });
        const squaredNorm = await orDamaged(request, disk, stepping);
        await written;
        request.noteMean?.(squaredNorm);
        // The disk writes one segment while the next one is stepped.
        await flush;
        flush = model.datasync();
        flush.catch(() => {});
      }
      await flush;
    });
    requireMarks(request.base, [tags.base.digest()]);
    const readTags = state.readTags();
    for (const [slot, file] of Object.entries(request.state ?? {})) requireMarks(file, [readTags[slot]!]);
    const slots = Object.entries(await state.finish());
    const modelMarks = { sizeBytes: layout.sizeBytes, tags: [tags.model.digest()] };
    const optimiserMarks = Object.fromEntries(slots.map(([slot, { marks }]) => [slot, marks]));
    request.noteMarks?.({ objects: { model: modelMarks }, optimiser: optimiserMarks });
    return {
      modelSha256: hash.digest("hex"),
      optimiser: Object.fromEntries(slots.map(([slot, { sha256 }]) => [slot, sha256])),
    };
  } finally {
    await written.catch(() => {});
    await state.close();
    await model.close();
  }
}

/**
 * What damaged bytes lead to has many names, an overflow or a file that ends too early among them: where base or state is not what its
 * digest says, that is why.
 */
async function orDamaged<T>({ base, state }: ModelStepRequest, disk: Disk, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (isStorageError(cause)) throw cause;
    await requireDigest(base, disk);
    for (const slot of Object.values(state ?? {})) await requireDigest(slot, disk);
    throw cause;
  }
}

interface SegmentStep {
  readonly base: FlatModelFile;
  /** Of what is read of the base. */
  readonly baseTag: RunningTag;
  readonly state: StateFiles;
  readonly sum: OpenedSum;
  /** Memory for one chunk, the same for every segment. */
  readonly buffers: ScaledBuffers & { readonly base: Float32Array };
}

/** Steps the parameters of one segment, a chunk at a time, in order; gives ‖mean update‖². */
async function stepSegment(
  disk: Disk,
  request: ModelStepRequest,
  { base, baseTag, state, sum, buffers }: SegmentStep,
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
      baseTag.update(bytesOf(before));
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
