import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import {
  createState,
  layoutSafetensors,
  type OptimiserParameters,
  packedSizeBytes,
  requireRingBits,
  type ServerOptimiser,
  type ServerState,
} from "@tributary/federated";
import { type FlatModelFile, openFlatModel, readAt } from "../../shared/files/flat-model-file.ts";
import { createKernelRunner } from "../../shared/kernels/run-kernel-request.ts";
import { readScaledSums } from "./segment-sum.ts";

/** The opened sum of one update segment. */
export interface OpenedSum {
  readonly path: string;
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
  readonly sums: readonly OpenedSum[];
  readonly modelOut: string;
  /** Written only when the optimiser keeps state. */
  readonly stateOut: string;
}

/** Digests of what was written, hexadecimal; the state's is empty when there is none. */
export interface ModelStepResult {
  readonly modelSha256: string;
  readonly optimiserSha256: string;
}

/** Parameters that are stepped at a time; a multiple of eight. */
const CHUNK_PARAMETERS = 2 ** 18;
const FLOAT_BYTES = 4;

/**
 * Applies the server optimiser to the mean update, chunk by chunk, from files to files; nothing is durable yet.
 *
 * The optimiser's state is one vector a slot, float32, little-endian, end to end in the order of its slots.
 */
export async function stepModel(request: ModelStepRequest): Promise<ModelStepResult> {
  const base = await openFlatModel(request.basePath);
  try {
    const { parameters } = base.layout;
    const layout = layoutSafetensors(base.layout.tensors.map(({ name, shape }) => ({ name, shape, dtype: "F32" })));
    const model = await open(request.modelOut, "w");
    const state = await openState(request, parameters);
    const hash = createHash("sha256").update(layout.header);
    try {
      await model.write(layout.header);
      for (const sum of request.sums) {
        const source = await openSum(sum);
        try {
          for (let done = 0; done < sum.parameters; done += CHUNK_PARAMETERS) {
            const count = Math.min(CHUNK_PARAMETERS, sum.parameters - done);
            const stepped = await stepChunk(request, base, state, sum, source, done, count);
            hash.update(stepped);
            await model.write(stepped);
          }
        } finally {
          await source.close();
        }
      }
      return { modelSha256: hash.digest("hex"), optimiserSha256: await state.finish() };
    } finally {
      await state.close();
      await model.close();
    }
  } finally {
    await base.close();
  }
}

async function stepChunk(
  { optimiser, parameters, round }: ModelStepRequest,
  base: FlatModelFile,
  state: StateFiles,
  sum: OpenedSum,
  source: SumSource,
  start: number,
  count: number,
): Promise<Uint8Array> {
  const offset = sum.offset + start;
  const meanUpdate = await source.read(start, count);
  for (let index = 0; index < count; index++) meanUpdate[index] = meanUpdate[index]! / sum.parties;
  const before = await base.read(offset, source.base.subarray(0, count));
  const slots = await state.read(offset, count);
  const result = optimiser.step({ base: before, meanUpdate, state: slots, round, parameters });
  await state.write(offset, result.state);
  return bytesOf(result.model);
}

interface SumSource {
  /** Memory for the base model's chunk. */
  readonly base: Float32Array;
  read(start: number, values: number): Promise<Float32Array>;
  close(): Promise<void>;
}

async function openSum({ path, ringBits, step }: OpenedSum): Promise<SumSource> {
  const file = await open(path, "r");
  const packed = new Uint8Array(packedSizeBytes(CHUNK_PARAMETERS, requireRingBits(ringBits)));
  const kernels = {
    runKernel: createKernelRunner(),
    buffers: { packed, sums: new Float32Array(CHUNK_PARAMETERS) },
  };
  return {
    base: new Float32Array(CHUNK_PARAMETERS),
    read: (start, values) => readScaledSums(file, kernels, { start, values, ringBits, step }),
    close: () => file.close(),
  };
}

interface StateFiles {
  read(offset: number, count: number): Promise<ServerState<Float32Array>>;
  write(offset: number, state: ServerState<Float32Array>): Promise<void>;
  finish(): Promise<string>;
  close(): Promise<void>;
}

async function openState(request: ModelStepRequest, total: number): Promise<StateFiles> {
  const { optimiser, parameters } = request;
  const slots = optimiser.stateSlots.map(({ name }) => name);
  const before = request.statePath === undefined || slots.length === 0 ? undefined : await open(request.statePath, "r");
  const after = slots.length === 0 ? undefined : await open(request.stateOut, "w+");
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
        await after?.write(bytes, 0, bytes.length, positionOf(slot, offset));
      }
    },
    finish: async () => (after === undefined ? "" : hashOf(after, slots.length * total * FLOAT_BYTES)),
    async close() {
      await before?.close();
      await after?.close();
    },
  };
}

async function readFloats(file: FileHandle, position: number, count: number): Promise<Float32Array> {
  const bytes = await readAt(file, position, count * FLOAT_BYTES);
  const floats = new Float32Array(count);
  new Uint8Array(floats.buffer).set(bytes);
  return floats;
}

async function hashOf(file: FileHandle, sizeBytes: number): Promise<string> {
  const hash = createHash("sha256");
  for (let done = 0; done < sizeBytes; done += 2 ** 20)
    hash.update(await readAt(file, done, Math.min(2 ** 20, sizeBytes - done)));
  return hash.digest("hex");
}

function bytesOf(floats: Float32Array): Uint8Array {
  return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
}
