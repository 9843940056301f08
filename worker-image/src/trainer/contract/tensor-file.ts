import { createHash, randomUUID } from "node:crypto";
import { resolve, sep } from "node:path";
import { ArgumentError, openSafetensors, safetensorsParts } from "@tributary/federated";
import { type Disk, type DiskFile, readFully, realDisk, TributaryError, writeFully } from "@tributary/kit";
import { type TensorDtype, tensorDtypes } from "../../shared/trainer/tensor-dtypes.ts";
import { dtypeOf, type TensorValues, valuesOf } from "./tensor-values.ts";

/** A tensor; the class of its values is its type. */
export interface NamedTensor<V extends TensorValues = TensorValues> {
  readonly shape: readonly number[];
  readonly values: V;
}

/** Tensors by name. */
export type NamedTensors = ReadonlyMap<string, NamedTensor>;

/** Tensors of 32-bit floats by name. */
export type FloatTensors = ReadonlyMap<string, NamedTensor<Float32Array>>;

/** What is read, and digested, at once. */
const PIECE_BYTES = 2 ** 24;

/**
 * Reads a tensor set that the sidecar wrote, of any size that the memory holds.
 * @param path relative to the shared volume
 * @param sha256 digest that the file must have; not checked when empty
 * @throws TributaryError `CHECKSUM_MISMATCH`, or `TRAINER_MODEL_INVALID` naming what is wrong with the file
 */
export async function readTensors(
  volume: string,
  path: string,
  sha256: Uint8Array,
  disk: Disk = realDisk,
): Promise<NamedTensors> {
  const hash = createHash("sha256");
  const bytes = await readWhole(path, await disk.open(pathInside(volume, path), "r"), (piece) => {
    if (sha256.length > 0) hash.update(piece);
  });
  if (sha256.length > 0 && !hash.digest().equals(sha256)) {
    throw new TributaryError("CHECKSUM_MISMATCH", `tensor set ${path} does not have the digest that the task names`);
  }
  const tensors = new Map<string, NamedTensor>();
  for (const tensor of openTensors(bytes, path)) {
    if (!isTensorDtype(tensor.dtype)) {
      const expected = tensorDtypes.join(", ");
      const message = `${path}: tensor ${tensor.name} is ${tensor.dtype}, expected one of ${expected}`;
      throw new TributaryError("TRAINER_MODEL_INVALID", message);
    }
    tensors.set(tensor.name, { shape: tensor.shape, values: valuesOf(tensor.dtype, tensor.bytes) });
  }
  return tensors;
}

/** All of a file, a piece at a time: Node reads no file of 2 GiB at once, and digests none. Closes it. */
async function readWhole(path: string, file: DiskFile, onPiece: (piece: Uint8Array) => void): Promise<Uint8Array> {
  try {
    const bytes = allocate(path, await file.size());
    for (let at = 0; at < bytes.length; at += PIECE_BYTES)
      onPiece(await readFully(file, at, bytes.subarray(at, at + PIECE_BYTES)));
    return bytes;
  } finally {
    await file.close();
  }
}

function allocate(path: string, sizeBytes: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(sizeBytes);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const message = `${path} has ${sizeBytes} bytes, more than this trainer can hold at once; give it more memory or train an adapter`;
    throw new TributaryError("TRAINER_MODEL_INVALID", message, { cause });
  }
}

function isTensorDtype(dtype: string): dtype is TensorDtype {
  return (tensorDtypes as readonly string[]).includes(dtype);
}

/**
 * The tensors of a set that must be 32-bit floats, such as a model.
 * @throws TributaryError (`TRAINER_MODEL_INVALID`) that names the first tensor of another type
 */
export function requireFloats({ path, tensors }: { path: string; tensors: NamedTensors }): FloatTensors {
  for (const [name, { values }] of tensors) {
    if (values instanceof Float32Array) continue;
    const message = `${path}: tensor ${name} is ${dtypeOf(values)}, expected F32`;
    throw new TributaryError("TRAINER_MODEL_INVALID", message);
  }
  return tensors as FloatTensors;
}

function openTensors(bytes: Uint8Array, path: string) {
  try {
    return openSafetensors(bytes).tensors;
  } catch (cause) {
    if (!(cause instanceof ArgumentError)) throw cause;
    throw new TributaryError("TRAINER_MODEL_INVALID", `${path}: ${cause.message}`, { cause });
  }
}

/**
 * Writes a tensor set for the sidecar. It appears whole or not at all; it need not survive a crash of the machine, because the
 * task would be done again.
 * @param path relative to the shared volume
 */
export async function writeTensors(
  volume: string,
  path: string,
  tensors: NamedTensors,
  disk: Disk = realDisk,
): Promise<void> {
  const target = pathInside(volume, path);
  const fresh = `${target}.${randomUUID()}.tmp`;
  const parts = safetensorsParts(
    [...tensors].map(([name, { shape, values }]) => ({
      name,
      dtype: dtypeOf(values),
      shape,
      bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    })),
  );
  try {
    const file = await disk.open(fresh, "wx");
    try {
      await writeFully(file, parts);
    } finally {
      await file.close();
    }
    await disk.rename(fresh, target);
  } catch (error) {
    // What failed first says more than that nothing can be removed either.
    await disk.remove(fresh).catch(() => {});
    throw error;
  }
}

function pathInside(volume: string, path: string): string {
  const whole = resolve(volume, path);
  if (whole.startsWith(resolve(volume) + sep)) return whole;
  throw new TributaryError("MESSAGE_INVALID", `path ${JSON.stringify(path)} leaves the shared volume`);
}
