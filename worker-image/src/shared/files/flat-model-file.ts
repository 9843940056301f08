import { createHash } from "node:crypto";
import {
  type FlatLayout,
  flatLayout,
  flatSpans,
  isArgumentError,
  isFloatDtype,
  PREFIX_BYTES,
  parseHeader,
  readFloats,
  readHeaderSize,
  type SafetensorsHeader,
} from "@tributary/federated";
import { type Disk, type DiskFile, readFully, readUpTo, realDisk, TributaryError } from "@tributary/kit";
import { withScratch } from "./scratch.ts";

/** A safetensors file that is open for reading, seen as one flat float32 vector; nothing but the header is in memory. */
export interface FlatModelFile {
  readonly layout: FlatLayout;
  readonly header: SafetensorsHeader;
  readonly sizeBytes: number;
  /** Reads `out.length` parameters from `offset` on, converted to float32; one read at a time. */
  read(offset: number, out: Float32Array): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Opens a safetensors file.
 *
 * @throws MODEL_SOURCE_INVALID naming file and field when it is malformed or holds tensors that are no floats.
 */
export async function openFlatModel(path: string, disk: Disk = realDisk): Promise<FlatModelFile> {
  const file = await disk.open(path, "r");
  try {
    const sizeBytes = await file.size();
    const prefix = await readFully(file, 0, Buffer.alloc(Math.min(PREFIX_BYTES, sizeBytes)));
    const headerBytes = readHeaderSize(prefix, sizeBytes);
    const dataStart = PREFIX_BYTES + headerBytes;
    const header = parseHeader(await readFully(file, PREFIX_BYTES, Buffer.alloc(headerBytes)), sizeBytes - dataStart);
    const other = header.tensors.find((tensor) => !isFloatDtype(tensor.dtype));
    if (other !== undefined)
      throw invalidModel(path, `tensor ${other.name} is ${other.dtype}, must be F32, F16, BF16 or F64`, {
        tensor: other.name,
        dtype: other.dtype,
      });
    const layout = flatLayout(header.tensors);
    const place = { file, layout, dataStart, scratch: { buffer: new Uint8Array(0) } };
    return {
      layout,
      header,
      sizeBytes,
      read: (offset, out) => readParameters(place, offset, out),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw isArgumentError(error) ? invalidModel(path, error.message) : error;
  }
}

/** SHA-256 of a file, 32 bytes, read in pieces of 1 MiB. */
export async function sha256OfFile(path: string, disk: Disk = realDisk): Promise<Uint8Array> {
  const hash = createHash("sha256");
  await readPieces(path, disk, (piece) => hash.update(piece));
  return new Uint8Array(hash.digest());
}

/** Reads a file from its start to its end in pieces of 1 MiB; a piece's memory is used again afterwards. */
export async function readPieces(path: string, disk: Disk, onPiece: (piece: Uint8Array) => void): Promise<void> {
  const file = await disk.open(path, "r");
  try {
    await withScratch(async (scratch) => {
      const buffer = scratch.bytes();
      for (let position = 0; ; position += buffer.length) {
        const bytesRead = await readUpTo(file, position, buffer);
        onPiece(buffer.subarray(0, bytesRead));
        if (bytesRead < buffer.length) return;
      }
    });
  } finally {
    await file.close();
  }
}

/** Memory that one open file reads into, so that a pass over a large model makes no garbage. */
interface Scratch {
  buffer: Uint8Array;
}

async function readParameters(
  { file, layout, dataStart, scratch }: { file: DiskFile; layout: FlatLayout; dataStart: number; scratch: Scratch },
  offset: number,
  out: Float32Array,
) {
  let done = 0;
  for (const { tensor, start, count } of flatSpans(layout, offset, out.length)) {
    const width = (tensor.endBytes - tensor.startBytes) / tensor.elements;
    if (tensor.dtype === "F32") {
      const place = new Uint8Array(out.buffer, out.byteOffset + done * width, count * width);
      await readFully(file, dataStart + tensor.startBytes + start * width, place);
      done += count;
      continue;
    }
    if (scratch.buffer.length < count * width) scratch.buffer = new Uint8Array(count * width);
    const bytes = scratch.buffer.subarray(0, count * width);
    await readFully(file, dataStart + tensor.startBytes + start * width, bytes);
    readFloats(bytes, tensor.dtype, 0, out.subarray(done, done + count));
    done += count;
  }
  return out;
}

function invalidModel(path: string, why: string, details: Readonly<Record<string, string>> = {}): TributaryError {
  return new TributaryError("MODEL_SOURCE_INVALID", `${path}: ${why}`, { details: { path, ...details } });
}
