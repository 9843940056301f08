import {
  constants,
  copyFile,
  type FileHandle,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  truncate,
  unlink,
} from "node:fs/promises";
import { silentDiskError, storageError } from "./storage-error.ts";

/** How a file is opened: as `fopen` names it. */
export type OpenFlags = "r" | "r+" | "w" | "w+" | "wx";

/**
 * An open file, as much of it as the stores use.
 *
 * A disk may take or give fewer bytes than it was asked to and say nothing more: whoever wants all of them calls `writeFully`, `readFully`.
 *
 * A disk tells of bytes that it lost once, and takes them for written from then on: after a sync that failed, the next one says nothing of
 * what was written before. Whoever tries again writes a new file, and syncs that.
 */
export interface DiskFile {
  /** Reads at most `length` bytes; tells how many. */
  readSome(buffer: Uint8Array, offset: number, length: number, position: number): Promise<number>;
  /** Writes at most all of the chunks, at `position` or where the last write ended; tells how many bytes. */
  writeSome(chunks: readonly Uint8Array[], position: number | null): Promise<number>;
  /** Cuts or stretches the file. */
  truncate(sizeBytes: number): Promise<void>;
  /** Makes bytes and size durable. */
  sync(): Promise<void>;
  /** Makes bytes, and the size where it grew, durable. */
  datasync(): Promise<void>;
  /** Size in bytes. */
  size(): Promise<number>;
  close(): Promise<void>;
}

/** A file of a disk, or one that Node opened. */
export type AnyFile = DiskFile | FileHandle;

/** Most bytes of a chunk in one call: Node takes lengths below 2 GiB alone, and cuts those of a vector to 32 bits. */
const CALL_BYTES = 2 ** 30;

/** A file that Node opened, seen as a file of a disk. */
export function diskFileOf(file: AnyFile): DiskFile {
  if ("writeSome" in file) return file;
  return {
    async readSome(buffer, offset, length, position) {
      return (await file.read(buffer, offset, Math.min(length, CALL_BYTES), position)).bytesRead;
    },
    async writeSome(chunks, position) {
      const [first] = chunks;
      const large = chunks.findIndex(({ length }) => length > CALL_BYTES);
      if (first !== undefined && (chunks.length === 1 || large === 0))
        return (await file.write(first, 0, Math.min(first.length, CALL_BYTES), position)).bytesWritten;
      return (await file.writev(large < 0 ? chunks : chunks.slice(0, large), position ?? undefined)).bytesWritten;
    },
    truncate: (sizeBytes) => file.truncate(sizeBytes),
    sync: () => file.sync(),
    datasync: () => file.datasync(),
    size: async () => (await file.stat()).size,
    close: () => file.close(),
  };
}

/** The calls to the file system that the stores make: what a test may let fail, one call after the other. */
export interface Disk {
  open(path: string, flags: OpenFlags, mode?: number): Promise<DiskFile>;
  /** Whole content of a file of less than 2 GiB. */
  readFile(path: string): Promise<Buffer>;
  /** Makes a directory and those above it; gives the first that was made, `undefined` when all were there. */
  mkdir(path: string): Promise<string | undefined>;
  /** Removes a directory; fails when something is in it. */
  rmdir(path: string): Promise<void>;
  /** Names in a directory. */
  readdir(path: string): Promise<string[]>;
  rename(from: string, to: string): Promise<void>;
  /** Gives a file a second name. */
  link(from: string, to: string): Promise<void>;
  /** Copies a file, shares its blocks where the file system can. */
  copy(from: string, to: string): Promise<void>;
  /** Removes a file or a directory with all in it; one that is not there is removed already. */
  remove(path: string): Promise<void>;
  /** Cuts a file. */
  truncate(path: string, sizeBytes: number): Promise<void>;
  /** Size of a file in bytes, `undefined` when there is none. */
  sizeOf(path: string): Promise<number | undefined>;
}

/** Node's file system, with its errors as they are. */
export const nodeDisk: Disk = {
  async open(path, flags, mode) {
    return diskFileOf(await open(path, flags, mode));
  },
  readFile: (path) => readFile(path),
  mkdir: (path) => mkdir(path, { recursive: true }),
  rmdir,
  readdir: (path) => readdir(path),
  rename,
  link,
  copy: (from, to) => copyFile(from, to, constants.COPYFILE_FICLONE),
  async remove(path) {
    try {
      await unlink(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") await rm(path, { recursive: true, force: true });
    }
  },
  truncate,
  async sizeOf(path) {
    try {
      return (await stat(path)).size;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  },
};

/** A disk whose errors say which volume is full or broken, and what to do: STORAGE_FULL, STORAGE_UNAVAILABLE. */
export function namingDisk(disk: Disk): Disk {
  const named = async <T>(path: string, call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (cause) {
      throw storageError(cause, path);
    }
  };
  return {
    async open(path, flags, mode) {
      const file = await named(path, disk.open(path, flags, mode));
      return {
        readSome: (buffer, offset, length, position) => named(path, file.readSome(buffer, offset, length, position)),
        async writeSome(chunks, position) {
          const written = await named(path, file.writeSome(chunks, position));
          if (written === 0 && chunks.some(({ length }) => length > 0)) throw silentDiskError(path);
          return written;
        },
        truncate: (sizeBytes) => named(path, file.truncate(sizeBytes)),
        sync: () => named(path, file.sync()),
        datasync: () => named(path, file.datasync()),
        size: () => named(path, file.size()),
        close: () => named(path, file.close()),
      };
    },
    readFile: (path) => named(path, disk.readFile(path)),
    mkdir: (path) => named(path, disk.mkdir(path)),
    rmdir: (path) => named(path, disk.rmdir(path)),
    readdir: (path) => named(path, disk.readdir(path)),
    rename: (from, to) => named(to, disk.rename(from, to)),
    link: (from, to) => named(to, disk.link(from, to)),
    copy: (from, to) => named(to, disk.copy(from, to)),
    remove: (path) => named(path, disk.remove(path)),
    truncate: (path, sizeBytes) => named(path, disk.truncate(path, sizeBytes)),
    sizeOf: (path) => named(path, disk.sizeOf(path)),
  };
}

/** The machine's file system. */
export const realDisk: Disk = namingDisk(nodeDisk);
