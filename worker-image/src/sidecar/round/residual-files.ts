import { dirname } from "node:path";
import { type Disk, type DiskFile, type Logger, readFully, realDisk, writeFully } from "@tributary/kit";
import { PIECE_TAG_BYTES, pieceTag } from "../../shared/files/piece-tag.ts";
import { bytesOf, SCRATCH_VALUES } from "../../shared/files/scratch.ts";

const FLOAT_BYTES = 4;

/** What quantising a segment left over: read from the last round's file, written to this round's. */
export interface ResidualFiles {
  /** Fills `values` with what was left over from value `offset` on, a multiple of SCRATCH_VALUES; zeros where nothing usable is kept. */
  read(offset: number, values: Float32Array): Promise<Float32Array>;
  write(offset: number, values: Float32Array): Promise<void>;
  /** Writes the tags: from then on the file counts. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the residuals of a segment of `valueCount` values: float32 in the order of its parameters, then a tag of each SCRATCH_VALUES of them.
 * Without a next path what is left over is written nowhere.
 *
 * Nothing of it is synced, which would cost as much as the model in every round: a file that a crash of the machine tore is noticed by
 * size or tag, said in the log and taken for none. Then that little of an earlier update is not sent again.
 */
export async function openResiduals(
  paths: { readonly last: string; readonly next: string | undefined },
  valueCount: number,
  { disk = realDisk, log }: { readonly disk?: Disk; readonly log: Logger },
): Promise<ResidualFiles> {
  const last = await openWhole(paths.last, valueCount, { disk, log });
  const tags = last === undefined ? undefined : await readTags(last, valueCount);
  const next = await openNext(paths.next, disk).catch(async (error: unknown) => {
    await last?.close();
    throw error;
  });
  const written = Buffer.alloc(chunksOf(valueCount) * PIECE_TAG_BYTES);
  return {
    async read(offset, values) {
      if (last === undefined || tags === undefined) return values.fill(0);
      const bytes = await readFully(last, offset * FLOAT_BYTES, bytesOf(values));
      if (pieceTag(bytes).equals(tagAt(tags, offset))) return values;
      log.warn({ path: paths.last, value: offset }, "what earlier rounds left over is damaged and not used");
      return values.fill(0);
    },
    async write(offset, values) {
      if (next === undefined) return;
      const bytes = bytesOf(values);
      tagAt(written, offset).set(pieceTag(bytes));
      await writeFully(next, bytes, offset * FLOAT_BYTES);
    },
    async finish() {
      if (next !== undefined) await writeFully(next, written, valueCount * FLOAT_BYTES);
    },
    async close() {
      await last?.close();
      await next?.close();
    },
  };
}

async function openNext(path: string | undefined, disk: Disk): Promise<DiskFile | undefined> {
  if (path === undefined) return undefined;
  await disk.mkdir(dirname(path));
  await disk.remove(path);
  return disk.open(path, "w");
}

async function openWhole(
  path: string,
  valueCount: number,
  { disk, log }: { readonly disk: Disk; readonly log: Logger },
): Promise<DiskFile | undefined> {
  const found = await disk.sizeOf(path);
  if (found === undefined) return undefined;
  const wanted = valueCount * FLOAT_BYTES + chunksOf(valueCount) * PIECE_TAG_BYTES;
  if (found === wanted) return disk.open(path, "r");
  log.warn({ path, sizeBytes: found, wanted }, "what earlier rounds left over is of another size and not used");
  return undefined;
}

function readTags(file: DiskFile, valueCount: number): Promise<Buffer> {
  const tags = Buffer.alloc(chunksOf(valueCount) * PIECE_TAG_BYTES);
  return readFully(file, valueCount * FLOAT_BYTES, tags).catch(async (error: unknown) => {
    await file.close();
    throw error;
  });
}

/** The tag of the values from `offset` on. */
function tagAt(tags: Buffer, offset: number): Buffer {
  const start = (offset / SCRATCH_VALUES) * PIECE_TAG_BYTES;
  return tags.subarray(start, start + PIECE_TAG_BYTES);
}

function chunksOf(valueCount: number): number {
  return Math.ceil(valueCount / SCRATCH_VALUES);
}
