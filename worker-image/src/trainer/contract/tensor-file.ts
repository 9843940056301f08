import { createHash, randomUUID } from "node:crypto";
import { resolve, sep } from "node:path";
import { ArgumentError, float32View, openSafetensors, safetensorsParts } from "@tributary/federated";
import { type Disk, realDisk, TributaryError, writeFully } from "@tributary/kit";

/** A tensor of 32-bit floats. */
export type NamedTensor = { readonly shape: readonly number[]; readonly values: Float32Array };

/** Tensors by name. */
export type NamedTensors = ReadonlyMap<string, NamedTensor>;

/**
 * Reads a tensor set that the sidecar wrote.
 * @param path relative to the shared volume
 * @param sha256 digest that the file must have; not checked when empty
 * @throws TributaryError `CHECKSUM_MISMATCH`, or `TRAINER_MODEL_INVALID` naming what is wrong with the file
 */
export async function readTensors(volume: string, path: string, sha256: Uint8Array): Promise<NamedTensors> {
  const bytes = await realDisk.readFile(pathInside(volume, path));
  if (sha256.length > 0 && !createHash("sha256").update(bytes).digest().equals(sha256)) {
    throw new TributaryError("CHECKSUM_MISMATCH", `tensor set ${path} does not have the digest that the task names`);
  }
  const tensors = new Map<string, NamedTensor>();
  for (const tensor of openTensors(bytes, path)) {
    const values = float32View(tensor);
    if (values === undefined) {
      throw new TributaryError(
        "TRAINER_MODEL_INVALID",
        `${path}: tensor ${tensor.name} is ${tensor.dtype}, expected F32`,
      );
    }
    tensors.set(tensor.name, { shape: tensor.shape, values });
  }
  return tensors;
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
      dtype: "F32" as const,
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
