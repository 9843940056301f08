import { randomBytes } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { type Disk, realDisk } from "./disk.ts";
import { writeFully } from "./whole-file.ts";

/** Ending of files that are being written; one left over by a crash may be removed. */
export const TEMPORARY_SUFFIX = ".tmp";

/** Makes the entries of a directory durable (fsync on the directory). One that failed says nothing when it is tried again. */
export async function syncDirectory(path: string, disk: Disk = realDisk): Promise<void> {
  const directory = await disk.open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Makes a file's bytes durable (fsync). One that failed says nothing when it is tried again: the file is written anew, under another inode. */
export async function syncFile(path: string, disk: Disk = realDisk): Promise<void> {
  const file = await disk.open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Makes a directory and those above it, durably: after a crash of the machine each that was made is there. When it fails, none is left
 * that is empty, so that the next call makes them anew.
 */
export async function makeDirectoryDurably(path: string, disk: Disk = realDisk): Promise<void> {
  const first = await disk.mkdir(path);
  if (first === undefined) return;
  const made: string[] = [];
  for (let at = path; at.length >= first.length; at = dirname(at)) made.push(at);
  try {
    for (const each of made) await syncDirectory(dirname(each), disk);
  } catch (error) {
    // One that stays would count as durable the next time, because it is there.
    for (const each of made) await disk.rmdir(each).catch(() => {});
    throw error;
  }
}

/**
 * Replaces a file by `content` so that after any crash it holds the old bytes or the new, never a part.
 *
 * Writes beside it, fsyncs, renames, fsyncs the directory. Directories on the way are made.
 *
 * @param mode permission bits of the file; 0o600 for secrets.
 */
export async function writeFileDurably(
  path: string,
  content: string | Uint8Array,
  mode = 0o644,
  disk: Disk = realDisk,
): Promise<void> {
  const directory = dirname(path);
  const temporary = join(directory, `.${basename(path)}.${randomBytes(4).toString("hex")}${TEMPORARY_SUFFIX}`);
  const write = () => writeNewFile(temporary, content, mode, disk);
  try {
    // A directory that is there is durable: only where it is missing it is made.
    await write().catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      await makeDirectoryDurably(directory, disk);
      await write();
    });
    await renameDurably(temporary, path, disk);
  } catch (error) {
    // What failed first says more than that nothing can be removed either.
    await disk.remove(temporary).catch(() => {});
    throw error;
  }
}

/** Writes a file whose name nobody looks for yet, and makes its bytes durable; its name is not yet. */
export async function writeNewFile(
  path: string,
  content: string | Uint8Array,
  mode = 0o644,
  disk: Disk = realDisk,
): Promise<void> {
  const file = await disk.open(path, "w", mode);
  try {
    await writeFully(file, typeof content === "string" ? Buffer.from(content, "utf8") : content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Renames within one file system and makes the rename durable: the one step that shows a prepared file or directory. */
export async function renameDurably(from: string, to: string, disk: Disk = realDisk): Promise<void> {
  await disk.rename(from, to);
  await syncDirectory(dirname(to), disk);
}

/** Bytes of a file, or `undefined` when there is none. */
export async function readFileIfPresent(path: string, disk: Disk = realDisk): Promise<Buffer | undefined> {
  try {
    return await disk.readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
