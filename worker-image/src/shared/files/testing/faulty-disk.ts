import { existsSync } from "node:fs";
import { mkdtemp, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Disk, type DiskFile, namingDisk, nodeDisk } from "@tributary/kit";

/** What goes wrong at one call. */
export const Fault = {
  /** A write takes half of the bytes and says so; everything else works. */
  ShortWrite: "short write",
  /** A write takes half of the bytes; from the next call on there is no room, until the disk is healed. */
  Full: "ENOSPC",
  /** The call fails; the next ones work. */
  Broken: "EIO",
  /**
   * A sync fails, as it does once where the disk could not write: what was written since the last good one is lost, and the next syncs work
   * and say nothing of it. Lost bytes read as zeros at once; lost names are there until the process is over. Calls of other kinds work.
   */
  LostSync: "lost sync",
  /** The process stops before the call, or in the middle of a write: nothing happens any more. */
  Stop: "stop",
  /** The machine loses power before the call: names and bytes that were not synced are gone. */
  PowerCut: "power cut",
} as const;
/** One of the values of {@link Fault}. */
export type Fault = (typeof Fault)[keyof typeof Fault];

/** A name that no sync of its folder has made durable. */
interface UnsyncedName {
  readonly path: string;
  /** Of what got the name. */
  readonly inode: number;
  readonly undo: () => Promise<void>;
  /** Takes away what undoing it needed. */
  readonly settle: () => Promise<void>;
}

/** What else than nothing a call does when it is the one that fails. */
interface FaultyCall<T> {
  /** Half of a write. */
  readonly half?: () => Promise<T>;
  /** Takes what a sync did not make durable. */
  readonly lose?: () => Promise<void>;
}

/** Ends an operation as the end of its process does. */
export class Stopped extends Error {}

/** A disk on which one call fails in one way, and that knows what a power cut or a lost sync would take. */
export class FaultyDisk {
  /** The disk as stores see it: with named errors. */
  readonly disk: Disk;
  readonly #at: number;
  readonly #fault: Fault;
  readonly #undo: UnsyncedName[] = [];
  /** Names whose sync failed: no later one makes them durable. */
  readonly #lost: UnsyncedName[] = [];
  /** What is on the disk of each file that was opened to be written, by inode; only where the rest may be lost. */
  readonly #synced = new Map<number, Buffer>();
  readonly #unsynced = new Set<string>();
  readonly #files: DiskFile[] = [];
  /** Calls that have not returned yet. */
  readonly #running = new Set<Promise<unknown>>();
  #calls = 0;
  #renames = 0;
  #isStopped = false;
  #isFull = false;

  /** @param at index of the call that fails, counted from zero over all kinds of calls. */
  constructor(fault: Fault, at: number) {
    this.#fault = fault;
    this.#at = at;
    this.disk = namingDisk(this.#faulty());
  }

  /** Whether the fault has happened: an operation of fewer calls has none. */
  get hasStruck(): boolean {
    return this.#calls > this.#at;
  }

  /** Makes room again, as somebody who frees space does. */
  heal(): void {
    this.#isFull = false;
  }

  /** Closes what a stopped process left open, once the calls that it had begun are over: they belong to no later process. */
  async closeAll(): Promise<void> {
    await Promise.allSettled(this.#running);
    for (const file of this.#files.splice(0)) await file.close().catch(() => {});
    // Something else may have got the name since.
    for (const { path, inode, undo } of this.#lost.splice(0).toReversed())
      if ((await inodeOf(path)) === inode) await undo();
  }

  async #call<T>(isWrite: boolean, act: () => Promise<T>, { half, lose }: FaultyCall<T> = {}): Promise<T> {
    if (this.#isStopped) throw new Stopped("the process has stopped");
    if (this.#isFull && isWrite) throw failed("ENOSPC");
    if (this.#calls++ !== this.#at) return this.#run(act);
    switch (this.#fault) {
      case Fault.ShortWrite:
        return (half ?? act)();
      case Fault.Full:
        this.#isFull = true;
        if (!isWrite) return act();
        if (half !== undefined) return half();
        throw failed("ENOSPC");
      case Fault.Broken:
        throw failed("EIO");
      case Fault.LostSync:
        if (lose === undefined) return act();
        await this.#run(lose);
        throw failed("EIO");
      case Fault.Stop:
        this.#isStopped = true;
        if (half !== undefined) await this.#run(half);
        throw new Stopped("the process stops before a call");
      case Fault.PowerCut:
        this.#isStopped = true;
        await this.#run(() => this.#losePower());
        throw new Stopped("the machine loses power");
    }
  }

  #run<T>(act: () => Promise<T>): Promise<T> {
    const running = act();
    this.#running.add(running);
    return running.finally(() => this.#running.delete(running));
  }

  /** Takes back names that no sync of their folder has made durable, newest first, and tears files that no sync has. */
  async #losePower(): Promise<void> {
    for (const path of this.#unsynced) await this.#tear(path);
    for (const { undo } of this.#undo.toReversed()) await undo();
  }

  /** Half of what a file grew by since its last sync is there, and of what was there then the second half is as it was. */
  async #tear(path: string): Promise<void> {
    const [content, inode] = [await readIfThere(path), await inodeOf(path)];
    if (content === undefined || inode === undefined) return;
    const before = this.#synced.get(inode) ?? Buffer.alloc(0);
    const grownBytes = Math.max(0, content.length - before.length);
    const torn = content.subarray(0, content.length - Math.ceil(grownBytes / 2));
    const half = Math.floor(before.length / 2);
    before.copy(torn, half, half);
    await writeFile(path, torn);
  }

  #faulty(): Disk {
    const call = this.#call.bind(this);
    return {
      open: (path, flags, mode) =>
        call(flags !== "r", async () => {
          if (flags.startsWith("w")) this.#unsynced.add(path);
          const before = flags === "r" ? undefined : await readIfThere(path);
          const file = await nodeDisk.open(path, flags, mode);
          this.#files.push(file);
          if (flags !== "r" && before === undefined) await this.#named(path, () => nodeDisk.remove(path));
          // A file that is opened to be written anew may be found empty.
          const isAnew = flags.startsWith("w") && this.#fault === Fault.PowerCut;
          if (flags !== "r") await this.#opened(path, isAnew ? undefined : before);
          return this.#file(path, file);
        }),
      readFile: (path) => call(false, () => nodeDisk.readFile(path)),
      mkdir: (path) =>
        call(true, async () => {
          const first = await nodeDisk.mkdir(path);
          if (first !== undefined) await this.#named(first, () => nodeDisk.remove(first));
          return first;
        }),
      // As removing is.
      rmdir: (path) => call(false, () => nodeDisk.rmdir(path)),
      readdir: (path) => call(false, () => nodeDisk.readdir(path)),
      rename: (from, to) =>
        call(true, async () => {
          // Where a name goes on to another file, either one may be found after the power is back: the old one is the harder case.
          const kept = `${to}.before-${this.#renames++}`;
          const hadOld = (await nodeDisk.sizeOf(to)) !== undefined && (await isPlainFile(to));
          if (hadOld) await nodeDisk.link(to, kept).catch(() => {});
          await nodeDisk.rename(from, to);
          this.#nameAnew(from);
          this.#unsynced.delete(to);
          if (this.#unsynced.delete(from)) this.#unsynced.add(to);
          const undo = async () => {
            await nodeDisk.rename(to, from);
            if (hadOld) await nodeDisk.rename(kept, to);
          };
          await this.#named(to, undo, () => nodeDisk.remove(kept));
          const isUndone = this.#fault === Fault.PowerCut || this.#fault === Fault.LostSync;
          if (hadOld && !isUndone) await nodeDisk.remove(kept);
        }),
      link: (from, to) =>
        call(true, async () => {
          await nodeDisk.link(from, to);
          await this.#named(to, () => nodeDisk.remove(to));
        }),
      copy: (from, to) =>
        call(true, async () => {
          await nodeDisk.copy(from, to);
          this.#unsynced.add(to);
          await this.#opened(to, undefined);
          await this.#named(to, () => nodeDisk.remove(to));
        }),
      // Removing is taken back by nothing here: a store must do with the old file as without it.
      remove: (path) => call(false, () => nodeDisk.remove(path)),
      truncate: (path, sizeBytes) => call(false, () => nodeDisk.truncate(path, sizeBytes)),
      sizeOf: (path) => call(false, () => nodeDisk.sizeOf(path)),
    };
  }

  #file(path: string, file: DiskFile): DiskFile {
    const call = this.#call.bind(this);
    const sync = (act: () => Promise<void>) =>
      call(false, () => act().then(() => this.#settle(path)), { lose: () => this.#lose(path) });
    return {
      readSome: (buffer, offset, length, position) =>
        call(false, () => file.readSome(buffer, offset, length, position)),
      writeSome: (chunks, position) => {
        this.#unsynced.add(path);
        const first = chunks[0]!;
        const half = () => file.writeSome([first.subarray(0, Math.ceil(first.length / 2))], position);
        return call(true, () => file.writeSome(chunks, position), { half });
      },
      truncate: (sizeBytes) => call(true, () => file.truncate(sizeBytes)),
      sync: () => sync(() => file.sync()),
      datasync: () => sync(() => file.datasync()),
      size: () => call(false, () => file.size()),
      // A process that stopped holds nothing open.
      close: async () => {
        await file.close();
        if (this.#isStopped) throw new Stopped("the process has stopped");
      },
    };
  }

  async #named(path: string, undo: () => Promise<void>, settle = async () => {}): Promise<void> {
    const inode = await inodeOf(path);
    if (inode !== undefined) this.#undo.push({ path, inode, undo, settle });
  }

  /** A name whose sync failed is given up: the next sync makes durable what its file is called by then. */
  #nameAnew(path: string): void {
    const kept = this.#lost.filter((entry) => entry.path !== path);
    this.#lost.splice(0, this.#lost.length, ...kept);
  }

  #takeNames(folder: string): UnsyncedName[] {
    const names = this.#undo.filter(({ path }) => dirname(path) === folder);
    for (const entry of names) this.#undo.splice(this.#undo.indexOf(entry), 1);
    return names;
  }

  /** A file was opened to be written, or made by a copy: until it is synced, what it held before is what the disk has. */
  async #opened(path: string, before: Buffer | undefined): Promise<void> {
    if (this.#fault !== Fault.LostSync && this.#fault !== Fault.PowerCut) return;
    const inode = await inodeOf(path);
    // An inode may have been that of a file that was removed.
    if (inode !== undefined && (before === undefined || !this.#synced.has(inode)))
      this.#synced.set(inode, before ?? Buffer.alloc(0));
  }

  /** A file or folder was synced. */
  async #settle(path: string): Promise<void> {
    this.#unsynced.delete(path);
    for (const { settle } of this.#takeNames(path)) await settle();
    if (this.#fault !== Fault.LostSync && this.#fault !== Fault.PowerCut) return;
    const [content, inode] = [await readIfThere(path), await inodeOf(path)];
    if (content !== undefined && inode !== undefined) this.#synced.set(inode, content);
  }

  /** The sync of a file or folder failed: the file holds what it did at the last good one, under all its names. */
  async #lose(path: string): Promise<void> {
    this.#lost.push(...this.#takeNames(path));
    const [content, inode] = [await readIfThere(path), await inodeOf(path)];
    const kept = inode === undefined ? undefined : this.#synced.get(inode);
    if (content === undefined || kept === undefined) return;
    kept.copy(content.fill(0));
    await writeFile(path, content, { flag: "r+" });
  }
}

/** Bytes of a plain file; `undefined` for a folder or nothing. */
function readIfThere(path: string): Promise<Buffer | undefined> {
  return nodeDisk.readFile(path).catch(() => undefined);
}

function inodeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ ino }) => ino,
    () => undefined,
  );
}

async function isPlainFile(path: string): Promise<boolean> {
  return nodeDisk.readFile(path).then(
    () => true,
    () => false,
  );
}

function failed(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

/** One operation of a store, tried on a disk that fails at one call. */
export interface FaultTrial {
  /** Does the operation from what is in the folder; called again on a healthy disk until it is done. */
  readonly operate: (disk: Disk) => Promise<void>;
  /** Checks what is there after the fault, on a healthy disk, before the operation is repeated. */
  readonly check: (disk: Disk) => Promise<void>;
  /** Checks what is there once the operation was repeated to its end. */
  readonly done: (disk: Disk) => Promise<void>;
}

/** A new folder for trials: in memory where the machine has such a place, so that hundreds of syncs cost nothing. */
export function trialFolder(name: string): Promise<string> {
  return mkdtemp(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), `${name}-`));
}

/**
 * Tries an operation with a fault at call 0, 1, 2… until one is not reached; each trial starts anew.
 *
 * @param isNamed whether a full or broken disk must show as an error; a store may also do without what failed.
 * @returns how many calls the operation makes.
 */
export async function tryEveryCall(fault: Fault, newTrial: () => Promise<FaultTrial>): Promise<number> {
  for (let at = 0; ; at++) {
    const trial = await newTrial();
    const faulty = new FaultyDisk(fault, at);
    const error = await trial.operate(faulty.disk).then(
      () => undefined,
      (cause: unknown) => cause,
    );
    await faulty.closeAll();
    if (!faulty.hasStruck) {
      if (error !== undefined) throw error;
      await trial.done(nodeDisk);
      return at;
    }
    requireExpected(fault, at, error);
    try {
      await trial.check(nodeDisk);
      await trial.operate(nodeDisk);
      await trial.done(nodeDisk);
    } catch (cause) {
      throw new Error(`after "${fault}" at call ${at}: ${(cause as Error).message}`, { cause });
    }
  }
}

function requireExpected(fault: Fault, at: number, error: unknown): void {
  // Whatever a process says while it stops, nobody hears it.
  if (fault === Fault.Stop || fault === Fault.PowerCut) return;
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  const isNamed = error === undefined || code === "STORAGE_FULL" || code === "STORAGE_UNAVAILABLE";
  if (!isNamed) throw new Error(`"${fault}" at call ${at} shows as ${String(error)}`, { cause: error });
}
