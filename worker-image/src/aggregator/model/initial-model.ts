import { dirname, join } from "node:path";
import { layoutModel, layoutSafetensors, type NamedShape, type TensorSpec } from "@tributary/federated";
import {
  type Disk,
  isStorageError,
  makeDirectoryDurably,
  realDisk,
  renameDurably,
  TributaryError,
  writeFileDurably,
  writeFully,
} from "@tributary/kit";
import { openFlatModel, sha256OfFile } from "../../shared/files/flat-model-file.ts";
import type { JobConfig } from "../config/job-config.ts";
import { readStoredJson } from "../store/stored-json.ts";
import { adapterTensors } from "./adapter-tensors.ts";
import { readBaseTensors } from "./base-tensors.ts";

/** What the job starts from, pinned at the first start. */
export interface PinnedModel {
  /** SHA-256 of the source file, hexadecimal. */
  readonly sourceSha256: string;
  readonly sourceSizeBytes: number;
  /** SHA-256 of the model before round 0, hexadecimal. */
  readonly initialSha256: string;
  /** The model before round 0: safetensors, F32, in the order of the flat vector. */
  readonly initialPath: string;
}

const CHUNK_PARAMETERS = 2 ** 18;

/**
 * Reads the model source once, pins its digest and makes the model before round 0; at later starts checks the pin.
 *
 * @throws MODEL_SOURCE_NOT_FOUND, MODEL_SOURCE_INVALID, or MODEL_MISMATCH when the source or the job is not the pinned one.
 */
export async function pinModel(config: JobConfig, disk: Disk = realDisk): Promise<PinnedModel> {
  const initialPath = join(config.directories.data, "initial", "model.safetensors");
  const pinPath = join(config.directories.data, "pin.json");
  const { path } = config.model;
  const source = await digestSource(path, disk);
  const pin = await readStoredJson<Record<string, string>>(pinPath, disk);
  if (pin !== undefined) {
    requirePinned("job", pin.jobUid, config.job.uid);
    requirePinned(path, pin.sourceSha256, source.sha256);
    const initialSha256 = Buffer.from(await sha256OfFile(initialPath, disk)).toString("hex");
    requirePinned(initialPath, pin.initialSha256, initialSha256);
    return { sourceSha256: source.sha256, sourceSizeBytes: source.sizeBytes, initialSha256, initialPath };
  }
  await makeDirectoryDurably(dirname(initialPath), disk);
  await writeInitialModel(config, `${initialPath}.tmp`, disk);
  await renameDurably(`${initialPath}.tmp`, initialPath, disk);
  const initialSha256 = Buffer.from(await sha256OfFile(initialPath, disk)).toString("hex");
  await writeFileDurably(
    pinPath,
    `${JSON.stringify({ jobUid: config.job.uid, sourceSha256: source.sha256, initialSha256 })}\n`,
    0o644,
    disk,
  );
  return { sourceSha256: source.sha256, sourceSizeBytes: source.sizeBytes, initialSha256, initialPath };
}

/** What every model of the job has in common, read from the one before round 0. */
export async function readModelShape(path: string): Promise<{ tensors: readonly NamedShape[]; sizeBytes: number }> {
  const model = await openFlatModel(path);
  await model.close();
  const tensors = model.layout.tensors.map(({ name, shape }) => ({ name, shape }));
  return { tensors, sizeBytes: model.sizeBytes };
}

async function digestSource(path: string, disk: Disk): Promise<{ sha256: string; sizeBytes: number }> {
  try {
    const file = await disk.open(path, "r");
    const sizeBytes = await file.size().finally(() => file.close());
    return { sha256: Buffer.from(await sha256OfFile(path, disk)).toString("hex"), sizeBytes };
  } catch (cause) {
    if (isStorageError(cause)) throw cause;
    throw new TributaryError("MODEL_SOURCE_NOT_FOUND", `model source ${path} cannot be read`, {
      cause,
      details: { path },
    });
  }
}

function requirePinned(what: string, pinned: string | undefined, found: string): void {
  if (pinned === found) return;
  throw new TributaryError("MODEL_MISMATCH", `${what} is ${found}, the data directory belongs to ${pinned}`, {
    details: { what },
  });
}

async function writeInitialModel(config: JobConfig, to: string, disk: Disk): Promise<void> {
  const { path, adapter } = config.model;
  if (adapter === undefined) return copyWholeModel(path, to, disk);
  await writeZeroModel(adapterTensors(adapter, readBaseTensors(path)), to, disk);
}

/** LoRA starts with B = 0, so that the adapted model is the base model. */
async function writeZeroModel(specs: readonly TensorSpec[], to: string, disk: Disk): Promise<void> {
  const layout = layoutSafetensors(specs);
  const file = await disk.open(to, "w");
  try {
    await writeFully(file, layout.header);
    await file.truncate(layout.sizeBytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Writes the source in the one layout that all models of the job have: F32, tensors in the order of the flat vector. */
async function copyWholeModel(from: string, to: string, disk: Disk): Promise<void> {
  const source = await openFlatModel(from, disk);
  try {
    // Before the pin: a source that was put right is another one, which a pinned job refuses for good.
    if (source.layout.parameters === 0)
      throw new TributaryError("MODEL_SOURCE_INVALID", `${from} holds no parameters`, { details: { path: from } });
    const layout = layoutModel(source.layout.tensors);
    const file = await disk.open(to, "w");
    try {
      await writeFully(file, layout.header);
      for (let offset = 0; offset < source.layout.parameters; offset += CHUNK_PARAMETERS) {
        const values = new Float32Array(Math.min(CHUNK_PARAMETERS, source.layout.parameters - offset));
        await source.read(offset, values);
        if (!values.every(Number.isFinite)) {
          throw new TributaryError(
            "MODEL_SOURCE_INVALID",
            `${from} holds a value that is not finite near parameter ${offset}`,
          );
        }
        await writeFully(file, new Uint8Array(values.buffer));
      }
      await file.sync();
    } finally {
      await file.close();
    }
  } finally {
    await source.close();
  }
}
