import { existsSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
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
  /** The process stops before the call, or in the middle of a write: nothing happens any more. */
  Stop: "stop",
  /** The machine loses power before the call: names and bytes that were not synced are gone. */
  PowerCut: "power cut",
} as const;
/** One of the values of {@link Fault}. */
export type Fault = (typeof Fault)[keyof typeof Fault];

/** Ends an operation as the end of its process does. */
export class Stopped extends Error {}

/** A disk on which one call fails in one way, and that knows what a power cut would take. */
export class FaultyDisk {
  /** The disk as stores see it: with named errors. */
  readonly disk: Disk;
  readonly #at: number;
  readonly #fault: Fault;
  readonly #undo: { readonly folder: string; readonly undo: () => Promise<void> }[] = [];
  readonly #unsynced = new Set<string>();
  readonly #files: DiskFile[] = [];
  /** Calls that have not returned yet. */
  readonly #running = new Set<Promise<unknown>>();
  #calls = 0;
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
  }

  async #call<T>(
    isWrite: boolean,
    act: () => Promise<T>,
    half: (() => Promise<T>) | undefined = undefined,
  ): Promise<T> {
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
      case Fault.Stop:
        this.#isStopped = true;
        await half?.();
        throw new Stopped("the process stops before a call");
      case Fault.PowerCut:
        this.#isStopped = true;
        await this.#losePower();
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
    for (const path of this.#unsynced) {
      const sizeBytes = await nodeDisk.sizeOf(path);
      if (sizeBytes !== undefined) await nodeDisk.truncate(path, Math.floor(sizeBytes / 2));
    }
    for (const { undo } of this.#undo.toReversed()) await undo();
  }

  #faulty(): Disk {
    const call = this.#call.bind(this);
    return {
      open: (path, flags, mode) =>
        call(flags !== "r", async () => {
          if (flags !== "r" && flags !== "r+" && (await nodeDisk.sizeOf(path)) === undefined)
            this.#named(path, () => nodeDisk.remove(path));
          if (flags.startsWith("w")) this.#unsynced.add(path);
          const file = await nodeDisk.open(path, flags, mode);
          this.#files.push(file);
          return this.#file(path, file);
        }),
      readFile: (path) => call(false, () => nodeDisk.readFile(path)),
      mkdir: (path) =>
        call(true, async () => {
          const first = await nodeDisk.mkdir(path);
          if (first !== undefined) this.#named(first, () => nodeDisk.remove(first));
          return first;
        }),
      readdir: (path) => call(false, () => nodeDisk.readdir(path)),
      rename: (from, to) =>
        call(true, async () => {
          // Where a name goes on to another file, either one may be found after the power is back: the old one is the harder case.
          const kept = `${to}.before`;
          const hadOld = (await nodeDisk.sizeOf(to)) !== undefined && (await isPlainFile(to));
          if (hadOld) await nodeDisk.link(to, kept).catch(() => {});
          await nodeDisk.rename(from, to);
          this.#unsynced.delete(to);
          if (this.#unsynced.delete(from)) this.#unsynced.add(to);
          this.#named(to, async () => {
            await nodeDisk.rename(to, from);
            if (hadOld) await nodeDisk.rename(kept, to);
          });
          if (hadOld && this.#fault !== Fault.PowerCut) await nodeDisk.remove(kept);
        }),
      link: (from, to) =>
        call(true, async () => {
          await nodeDisk.link(from, to);
          this.#named(to, () => nodeDisk.remove(to));
        }),
      copy: (from, to) =>
        call(true, async () => {
          await nodeDisk.copy(from, to);
          this.#unsynced.add(to);
          this.#named(to, () => nodeDisk.remove(to));
        }),
      // Removing is taken back by nothing here: a store must do with the old file as without it.
      remove: (path) => call(false, () => nodeDisk.remove(path)),
      truncate: (path, sizeBytes) => call(false, () => nodeDisk.truncate(path, sizeBytes)),
      sizeOf: (path) => call(false, () => nodeDisk.sizeOf(path)),
    };
  }

  #file(path: string, file: DiskFile): DiskFile {
    const call = this.#call.bind(this);
    const synced = () => {
      this.#unsynced.delete(path);
      for (const entry of this.#undo.filter(({ folder }) => folder === path))
        this.#undo.splice(this.#undo.indexOf(entry), 1);
    };
    return {
      readSome: (buffer, offset, length, position) =>
        call(false, () => file.readSome(buffer, offset, length, position)),
      writeSome: (chunks, position) => {
        this.#unsynced.add(path);
        const first = chunks[0]!;
        const half = () => file.writeSome([first.subarray(0, Math.ceil(first.length / 2))], position);
        return call(true, () => file.writeSome(chunks, position), half);
      },
      truncate: (sizeBytes) => call(true, () => file.truncate(sizeBytes)),
      sync: () => call(false, () => file.sync().then(synced)),
      datasync: () => call(false, () => file.datasync().then(synced)),
      size: () => call(false, () => file.size()),
      // A process that stopped holds nothing open.
      close: async () => {
        await file.close();
        if (this.#isStopped) throw new Stopped("the process has stopped");
      },
    };
  }

  #named(path: string, undo: () => Promise<void>): void {
    this.#undo.push({ folder: dirname(path), undo });
  }
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
