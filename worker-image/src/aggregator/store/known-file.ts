import { type Disk, realDisk, type TributaryError } from "@tributary/kit";
import { sha256OfFile } from "../../shared/files/flat-model-file.ts";

/**
 * What this process noted of a file while it wrote it: enough to notice, as the file is read once more, that a disk lost or changed bytes
 * since, in a fifth of the time that a SHA-256 takes.
 */
export interface WrittenMarks {
  readonly sizeBytes: number;
  /** Tags of its parts, in an order that writer and reader share. */
  readonly tags: readonly Buffer[];
}

/** A file that a former round or process wrote, and what it must be. */
export interface KnownFile {
  readonly path: string;
  /** Hexadecimal. */
  readonly sha256: string;
  /** Absent for a file that another process wrote: then its digest says whether it is whole. */
  readonly marks: WrittenMarks | undefined;
  /** The error for a file that is something else, with its remedy. */
  readonly damaged: (found: string) => TributaryError;
}

/** @throws the file's own error when it is missing or has another digest. */
export async function requireDigest(file: KnownFile, disk: Disk = realDisk): Promise<void> {
  const { path, sha256, damaged } = file;
  const sizeBytes = await disk.sizeOf(path);
  if (sizeBytes === undefined) throw damaged("missing");
  const found = Buffer.from(await sha256OfFile(path, disk)).toString("hex");
  if (found !== sha256) throw damaged(`${sizeBytes} bytes of digest ${found}, must be ${sha256}`);
}

/** Before a file is read: its size, or its whole digest where no marks tell while it is read. */
export async function requireWhole(file: KnownFile, disk: Disk = realDisk): Promise<void> {
  const { path, marks, damaged } = file;
  if (marks === undefined) return requireDigest(file, disk);
  const sizeBytes = await disk.sizeOf(path);
  if (sizeBytes !== marks.sizeBytes) throw damaged(`${sizeBytes ?? "no"} bytes, must be ${marks.sizeBytes}`);
}

/** After a file was read: whether its bytes are those that were written. */
export function requireMarks({ marks, sha256, damaged }: KnownFile, tags: readonly Buffer[]): void {
  if (marks === undefined || marks.tags.every((tag, part) => tags[part]?.equals(tag))) return;
  throw damaged(`${marks.sizeBytes} bytes that are not those of digest ${sha256}`);
}
