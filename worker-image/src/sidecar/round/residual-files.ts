import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { type Disk, type DiskFile, type Logger, readFully, realDisk, writeFully } from "@tributary/kit";
import { SCRATCH_VALUES } from "../../shared/files/scratch.ts";

const FLOAT_BYTES = 4;
const CHECKSUM_BYTES = 4;

/** What quantising a segment left over: read from the last round's file, written to this round's. */
export interface ResidualFiles {
  /** Fills `values` with what was left over from value `offset` on, a multiple of SCRATCH_VALUES; zeros where nothing usable is kept. */
  read(offset: number, values: Float32Array): Promise<Float32Array>;
  write(offset: number, values: Float32Array): Promise<void>;
  /** Writes the checksums: from then on the file counts. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the residuals of a segment of `valueCount` values: float32 in the order of its parameters, then a CRC-32 of each SCRATCH_VALUES of them.
 *
 * Nothing of it is synced, which would cost as much as the model in every round: a file that a crash of the machine tore is noticed by
 * size or checksum, said in the log and taken for none. Then that little of an earlier update is not sent again.
 */
export async function openResiduals(
  paths: { readonly last: string; readonly next: string },
  valueCount: number,
  { disk = realDisk, log }: { readonly disk?: Disk; readonly log: Logger },
): Promise<ResidualFiles> {
  const last = await openWhole(paths.last, valueCount, { disk, log });
  const checksums = last === undefined ? undefined : await readChecksums(last, valueCount);
  let next: DiskFile;
  try {
    await disk.mkdir(dirname(paths.next));
    await disk.remove(paths.next);
    next = await disk.open(paths.next, "w");
  } catch (error) {
    await last?.close();
    throw error;
  }
  const written = Buffer.alloc(chunksOf(valueCount) * CHECKSUM_BYTES);
  return {
    async read(offset, values) {
      if (last === undefined || checksums === undefined) return values.fill(0);
      const bytes = await readFully(last, offset * FLOAT_BYTES, bytesOf(values));
      if (crc32(bytes) === checksums[offset / SCRATCH_VALUES]) return values;
      log.warn({ path: paths.last, value: offset }, "what earlier rounds left over is damaged and not used");
      return values.fill(0);
    },
    async write(offset, values) {
      const bytes = bytesOf(values);
      written.writeUInt32LE(crc32(bytes), (offset / SCRATCH_VALUES) * CHECKSUM_BYTES);
      await writeFully(next, bytes, offset * FLOAT_BYTES);
    },
    finish: () => writeFully(next, written, valueCount * FLOAT_BYTES),
    async close() {
      await last?.close();
      await next.close();
    },
  };
}

async function openWhole(
  path: string,
  valueCount: number,
  { disk, log }: { readonly disk: Disk; readonly log: Logger },
): Promise<DiskFile | undefined> {
  const found = await disk.sizeOf(path);
  if (found === undefined) return undefined;
  const wanted = valueCount * FLOAT_BYTES + chunksOf(valueCount) * CHECKSUM_BYTES;
  if (found === wanted) return disk.open(path, "r");
  log.warn({ path, sizeBytes: found, wanted }, "what earlier rounds left over is of another size and not used");
  return undefined;
}

async function readChecksums(file: DiskFile, valueCount: number): Promise<number[]> {
  const bytes = Buffer.alloc(chunksOf(valueCount) * CHECKSUM_BYTES);
  await readFully(file, valueCount * FLOAT_BYTES, bytes).catch(async (error: unknown) => {
    await file.close();
    throw error;
  });
  return Array.from({ length: chunksOf(valueCount) }, (_, chunk) => bytes.readUInt32LE(chunk * CHECKSUM_BYTES));
}

function chunksOf(valueCount: number): number {
  return Math.ceil(valueCount / SCRATCH_VALUES);
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
