import {
  asTributaryError,
  type Disk,
  type DiskFile,
  isStorageError,
  type Logger,
  readFully,
  realDisk,
  TributaryError,
  writeFileDurably,
  writeFully,
} from "@tributary/kit";
import { FRAME_HEADER_BYTES, frameOf, LOG_HEADER, MAX_PAYLOAD_BYTES } from "./frames.ts";
import { readFrames } from "./read-frames.ts";
import type { Holding } from "./volume-hold.ts";

/** What a log's payloads mean: the state that they add up to. */
export interface LogContent<R> {
  /**
   * The payload of records that become durable together. Asked for when their turn has come, so that it may build on all that is durable by
   * then; it changes nothing, since its payload may never become durable.
   */
  encode(records: readonly R[]): Uint8Array;
  /** Takes in a payload that is durable, and the place where it stands; the bytes are copied where they are kept. */
  take(payload: Uint8Array, position: number): void;
}

/** What a log is opened with. */
export interface AppendLogOptions<R> {
  readonly path: string;
  readonly content: LogContent<R>;
  readonly log: Logger;
  /** Whether the volume is still this process's; left out where nobody else can have it. */
  readonly hold?: Holding;
  /** The machine's by default. */
  readonly disk?: Disk;
}

interface Waiting<R> {
  readonly record: R;
  readonly resolve: () => void;
  readonly reject: (cause: unknown) => void;
}

/** Bytes by which a volume is tried: more than a line takes, and no header of a frame among them. */
const TRIED = new Uint8Array(65_536);

/** Most records of one payload. */
const TOGETHER = 64;

/**
 * A file that only grows, of records that are durable once they are appended. Records that wait together are one frame and become durable
 * by one sync. The state in memory is made of durable frames alone, by the same steps whether they are read or were just written.
 */
export class AppendLog<R> {
  readonly #path: string;
  readonly #content: LogContent<R>;
  readonly #file: DiskFile;
  readonly #hold: Holding | undefined;
  #waiting: Waiting<R>[] = [];
  #running: Promise<void> | undefined;
  /** Where the last durable frame ends. */
  #end: number;
  /** Something may stand behind the end, of an append that failed. */
  #hasRemains = false;
  #broken: unknown;
  /** Why the volume did not take the last append; none after one that it took. */
  #problem: TributaryError | undefined;

  private constructor(options: AppendLogOptions<R>, file: DiskFile, end: number) {
    this.#path = options.path;
    this.#content = options.content;
    this.#hold = options.hold;
    this.#file = file;
    this.#end = end;
  }

  /**
   * Opens a log, or makes an empty one, and lets the content take in all of it. A frame that a crash tore is cut off, which the log says.
   *
   * @throws GATE_STATE_DAMAGED naming the place when the file is damaged before its end; STORAGE_FULL, STORAGE_UNAVAILABLE.
   */
  static async open<R>(options: AppendLogOptions<R>): Promise<AppendLog<R>> {
    const { path, content, log, disk = realDisk } = options;
    if ((await disk.sizeOf(path)) === undefined) await writeFileDurably(path, LOG_HEADER, 0o600, disk);
    const file = await disk.open(path, "r+");
    try {
      let [last, end] = [LOG_HEADER.length, LOG_HEADER.length];
      for await (const frame of readFrames(path, file)) {
        content.take(frame.payload, frame.position);
        [last, end] = [end, frame.end];
      }
      const tornBytes = (await file.size()) - end;
      if (tornBytes > 0) log.warn({ path, position: end, tornBytes }, "what a crash left of an append is cut off");
      if (tornBytes > 0) await file.truncate(end);
      await settle(file, last, end);
      return new AppendLog(options, file, end);
    } catch (cause) {
      await file.close().catch(() => {});
      throw cause;
    }
  }

  /** Bytes of the durable part of the file. */
  get sizeBytes(): number {
    return this.#end;
  }

  /** Why nothing can be appended, as the last append found it; `undefined` while the volume takes what it is given. */
  get problem(): TributaryError | undefined {
    return this.#problem;
  }

  /** Whether what is in memory may not be what the file says: only a process that opens it anew may go on. */
  get isBroken(): boolean {
    return this.#broken !== undefined;
  }

  /**
   * Tries whether the volume takes bytes again after an append that failed, with bytes behind the end that are cut off again: nobody may be left
   * who appends. Nothing is tried while there is no problem. Never rejects; {@link problem} says what came of it.
   */
  async mend(): Promise<void> {
    if (this.#problem === undefined || this.#broken !== undefined) return;
    // What is appended meanwhile waits for it.
    this.#running ??= this.#tryVolume().then(() => this.#appendWaiting());
    await this.#running;
  }

  /**
   * Resolves when the record is durable and taken in.
   *
   * @throws STORAGE_FULL, STORAGE_UNAVAILABLE: the record is then not in the log, or in a place that the next one is written over, and
   *   others can be appended once the disk works again.
   */
  append(record: R): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ record, resolve, reject });
    // Whatever is appended before the next turn of the loop goes with it.
    this.#running ??= Promise.resolve().then(() => this.#appendWaiting());
    return promise;
  }

  /** Fills `buffer` with durable bytes from a place that the content was told of. */
  async readAt(position: number, buffer: Uint8Array): Promise<void> {
    if (position + buffer.length > this.#end)
      throw new TributaryError("INVARIANT_BROKEN", `${this.#path} has nothing durable at byte ${position}`);
    await readFully(this.#file, position, buffer);
  }

  /** Resolves when all that was appended until then is durable or has failed. */
  async settled(): Promise<void> {
    await this.#running;
  }

  /** Closes the file; appends that wait are over before. */
  async close(): Promise<void> {
    this.#broken ??= new TributaryError("OPERATION_ABORTED", `${this.#path} is closed`);
    await this.#running;
    await this.#file.close();
  }

  async #tryVolume(): Promise<void> {
    try {
      await this.#hold?.requireHeld();
      await this.#cutRemains();
      this.#hasRemains = true;
      await writeFully(this.#file, TRIED, this.#end);
      await this.#file.datasync();
      await this.#cutRemains();
      this.#problem = undefined;
    } catch (cause) {
      this.#problem = asTributaryError(cause);
      await this.#cutRemains().catch(() => {});
    }
  }

  async #appendWaiting(): Promise<void> {
    while (this.#waiting.length > 0) await this.#appendTogether(this.#waiting.splice(0, TOGETHER));
    this.#running = undefined;
  }

  async #appendTogether(group: readonly Waiting<R>[]): Promise<void> {
    try {
      if (this.#broken !== undefined) throw this.#broken;
      await this.#hold?.requireHeld();
      await this.#cutRemains();
      const payload = this.#content.encode(group.map(({ record }) => record));
      if (payload.length > MAX_PAYLOAD_BYTES && group.length > 1) return await this.#appendHalves(group);
      await this.#write(payload);
    } catch (cause) {
      if (isStorageError(cause)) this.#problem = cause;
      // Tried again before the next frame is written.
      await this.#cutRemains().catch(() => {});
      for (const { reject } of group) reject(cause);
      return;
    }
    this.#problem = undefined;
    for (const { resolve } of group) resolve();
  }

  async #appendHalves(group: readonly Waiting<R>[]): Promise<void> {
    const half = group.length >> 1;
    await this.#appendTogether(group.slice(0, half));
    await this.#appendTogether(group.slice(half));
  }

  async #write(payload: Uint8Array): Promise<void> {
    if (payload.length > MAX_PAYLOAD_BYTES)
      throw new TributaryError("INVARIANT_BROKEN", `${payload.length} bytes, must be at most ${MAX_PAYLOAD_BYTES}`);
    const frame = frameOf(payload, this.#end);
    this.#hasRemains = true;
    await writeFully(this.#file, frame, this.#end);
    await this.#file.datasync();
    // Whoever took the volume meanwhile may not have read this frame: then nobody is told that it is durable.
    await this.#hold?.requireHeld();
    this.#hasRemains = false;
    const start = this.#end + FRAME_HEADER_BYTES;
    this.#end += frame.length;
    try {
      this.#content.take(payload, start);
    } catch (cause) {
      // What is in memory is no longer what the file says: only opening it anew brings them together.
      this.#broken = cause;
      throw cause;
    }
  }

  /**
   * Takes away what an append that failed left, durably: a sync that failed may have lost bytes that look as if they were there, so nothing
   * of that frame is kept, and the next one is written anew in its place.
   */
  async #cutRemains(): Promise<void> {
    if (!this.#hasRemains) return;
    // What stands there may be another's by now.
    await this.#hold?.requireHeld();
    await this.#file.truncate(this.#end);
    await this.#file.sync();
    this.#hasRemains = false;
  }
}

/**
 * Makes durable all that was read. The process before may have ended between writing the last frame and its sync, or after a sync that
 * failed, of which no later one tells: the frame is written once more in its place.
 */
async function settle(file: DiskFile, last: number, end: number): Promise<void> {
  const frame = await readFully(file, last, Buffer.allocUnsafe(end - last));
  await writeFully(file, frame, last);
  await file.sync();
}
