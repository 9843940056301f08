import { join } from "node:path";
import type { Readable } from "node:stream";
import { type Disk, type DiskFile, isStorageError, realDisk, TributaryError } from "@tributary/kit";
import { receiveBody } from "../../shared/files/transfer.ts";
import type { ByteSpan, SegmentResource } from "../../shared/tensor-wire/resources.ts";
import { digestsOfFile, RunningDigests } from "./staged-digests.ts";

/** What is staged of one party's segment. */
export interface StagedSegment {
  /** Bytes from the start without a hole. */
  readonly storedBytes: number;
  /** Whether every byte is there and fits the digest. */
  readonly isComplete: boolean;
}

interface Slot {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Digests of the bytes so far, while one request after another continues them in this process. */
  digests: RunningDigests | undefined;
  storedBytes: number;
  /** Tag of the whole bytes; absent until all are there and fit the digest. */
  tag: Buffer | undefined;
  isBusy: boolean;
  /** Its party must send it again: what still arrives by an older request is of no use. */
  isDiscarded: boolean;
  /** Ends the request that is writing it. */
  endRequest: ((reason: Error) => void) | undefined;
  /** The digest of the last bytes is being checked. */
  finishing: Promise<void> | undefined;
}

/** What staging works with. */
export interface StagingOptions {
  /** The machine's by default. */
  readonly disk?: Disk;
  /** Told when {@link SegmentStaging.problem} changes. */
  readonly onProblem?: () => void;
}

/**
 * Segments on their way in: one file a party and segment of one attempt at a round.
 *
 * Files are not synced: bytes that a crash of the machine takes are sent again, bytes that a crash of the process leaves are used
 * again. A digest, once named for a segment, is the only one that is accepted for it.
 */
export class SegmentStaging {
  readonly #directory: string;
  readonly #disk: Disk;
  readonly #slots = new Map<string, Slot>();
  /** Slots on their way: what is found of a file is judged once, or one claim could cut what another has accepted. */
  readonly #opening = new Map<string, Promise<Slot>>();
  /** Files that are being removed: whoever claims one meanwhile must not find what is about to go. */
  readonly #removing = new Map<string, Promise<void>>();
  /** Whatever may still make a name in the directory. */
  readonly #entering = new Set<Promise<unknown>>();
  #isClosed = false;
  /** The directory is made, or is being made. */
  #made: Promise<unknown> | undefined;
  readonly #onProblem: () => void;
  #problem: TributaryError | undefined;

  /** @param directory of this attempt; it is made when the first segment arrives. */
  constructor(directory: string, { disk = realDisk, onProblem = () => {} }: StagingOptions = {}) {
    this.#directory = directory;
    this.#disk = disk;
    this.#onProblem = onProblem;
  }

  /** Path of a party's staged segment. */
  pathOf(segment: number, party: number): string {
    return join(this.#directory, `${segment}-${party}.bin`);
  }

  /** Why the last write failed, while the volume takes none; its party tries again. */
  get problem(): TributaryError | undefined {
    return this.#problem;
  }

  /** What is staged of a segment; zero before its first request. */
  status(resource: SegmentResource): StagedSegment {
    const slot = this.#slots.get(keyOf(resource));
    return { storedBytes: slot?.storedBytes ?? 0, isComplete: isComplete(slot) };
  }

  /**
   * Names the digest and size of a segment and finds what a former process staged of it. When all bytes are there, the answer waits
   * until their digest is checked: it is never "all, but not complete".
   *
   * @throws MESSAGE_CONFLICT when another digest was named before, ROUND_NOT_OPEN after {@link SegmentStaging.close}.
   */
  async claim(resource: SegmentResource, sha256: string, sizeBytes: number): Promise<StagedSegment> {
    const slot = this.#slots.get(keyOf(resource)) ?? (await this.#openOnce(resource, sha256, sizeBytes));
    if (slot.sha256 !== sha256 || slot.sizeBytes !== sizeBytes) {
      throw new TributaryError(
        "MESSAGE_CONFLICT",
        `party ${resource.party} names other bytes for segment ${resource.segment}`,
      );
    }
    await this.#finishOnce(slot).catch(() => {});
    return { storedBytes: slot.storedBytes, isComplete: isComplete(slot) };
  }

  /**
   * Takes the bytes of a span straight from the socket to the file; the span must start where the staged bytes end.
   *
   * Bytes that arrived before the connection broke are kept; `pieceBytes` are gathered before they are written.
   *
   * @throws ROUND_CONFLICT for a span that starts elsewhere or a segment that was discarded since it was claimed, QUEUE_FULL while
   * another request writes the same segment, CHECKSUM_MISMATCH when the last byte came and the digest does not fit: then nothing is kept.
   */
  async receive(
    resource: SegmentResource,
    span: ByteSpan,
    body: Readable,
    pieceBytes?: number,
  ): Promise<StagedSegment> {
    const slot = this.#slots.get(keyOf(resource));
    if (slot === undefined) throw discarded(resource);
    if (isComplete(slot)) return { storedBytes: slot.storedBytes, isComplete: true };
    if (slot.isBusy)
      throw new TributaryError("QUEUE_FULL", "another request writes this segment", { retryAfterMs: 100 });
    if (span.startBytes !== slot.storedBytes) {
      throw new TributaryError(
        "ROUND_CONFLICT",
        `span starts at ${span.startBytes}, must start at ${slot.storedBytes}`,
      );
    }
    slot.isBusy = true;
    // Whoever reads the body is told of what ends it; nobody may read it yet.
    body.on("error", () => {});
    slot.endRequest = (reason) => void body.destroy(reason);
    try {
      const file = await this.#enter(() => this.#openFile(slot));
      await appendBody(file, slot, span, body, pieceBytes);
      requireKept(slot, resource);
      await this.#finishOnce(slot);
      requireKept(slot, resource);
      this.#noteProblem(undefined);
    } catch (error) {
      if (isStorageError(error)) this.#noteProblem(error);
      // The file went away beneath it.
      else requireKept(slot, resource);
      throw error;
    } finally {
      slot.isBusy = false;
      slot.endRequest = undefined;
    }
    return { storedBytes: slot.storedBytes, isComplete: isComplete(slot) };
  }

  /** Drops a staged segment; its party may send it again. */
  async discard(segment: number, party: number): Promise<void> {
    await this.#opening.get(`${segment}/${party}`)?.catch(() => {});
    const slot = this.#slots.get(`${segment}/${party}`);
    if (slot !== undefined) slot.isDiscarded = true;
    // Its file has no name from here on, and would grow unseen.
    slot?.endRequest?.(discarded({ segment, party }));
    this.#slots.delete(`${segment}/${party}`);
    const removal = this.#disk.remove(this.pathOf(segment, party));
    this.#removing.set(`${segment}/${party}`, removal);
    await removal.finally(() => this.#removing.delete(`${segment}/${party}`));
  }

  /** Takes no segment any more; resolves once nothing makes a name in the directory, which can then be removed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { endRequest } of this.#slots.values()) endRequest?.(closed());
    await Promise.allSettled(this.#entering);
  }

  /** Whether every byte of a party's segment lies there under this digest. */
  isStaged(segment: number, party: number, sha256: string): boolean {
    const slot = this.#slots.get(`${segment}/${party}`);
    return slot?.sha256 === sha256 && isComplete(slot);
  }

  /** Tag of a party's segment as its digest was checked, which its file must still have when it is read; absent while it is not whole. */
  tagOf(segment: number, party: number): Buffer | undefined {
    return this.#slots.get(`${segment}/${party}`)?.tag;
  }

  #openOnce(resource: SegmentResource, sha256: string, sizeBytes: number): Promise<Slot> {
    const key = keyOf(resource);
    const known = this.#opening.get(key);
    if (known !== undefined) return known;
    const opening = this.#enter(() => this.#open(resource, sha256, sizeBytes)).finally(() => this.#opening.delete(key));
    this.#opening.set(key, opening);
    return opening;
  }

  async #open(resource: SegmentResource, sha256: string, sizeBytes: number): Promise<Slot> {
    await this.#removing.get(keyOf(resource))?.catch(() => {});
    await this.#makeDirectory();
    const slot = await openSlot(this.#disk, this.pathOf(resource.segment, resource.party), sha256, sizeBytes);
    this.#slots.set(keyOf(resource), slot);
    return slot;
  }

  /** The file of a slot; of one without a byte also when somebody has removed the directory since it was made. */
  async #openFile({ path, storedBytes }: Slot): Promise<DiskFile> {
    if (storedBytes > 0) return this.#disk.open(path, "r+");
    try {
      return await this.#disk.open(path, "w");
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
      this.#made = undefined;
      await this.#makeDirectory();
      return this.#disk.open(path, "w");
    }
  }

  #makeDirectory(): Promise<unknown> {
    this.#made ??= this.#disk.mkdir(this.#directory).catch((cause: unknown) => {
      this.#made = undefined;
      throw cause;
    });
    return this.#made;
  }

  async #enter<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw closed();
    const entering = work();
    this.#entering.add(entering);
    return entering.finally(() => this.#entering.delete(entering));
  }

  #noteProblem(problem: TributaryError | undefined): void {
    if (this.#problem?.message === problem?.message) return;
    this.#problem = problem;
    this.#onProblem();
  }

  /** Checks the digest once every byte is there; who comes meanwhile waits for the same check, who comes after a failure tries it again. */
  #finishOnce(slot: Slot): Promise<void> {
    if (isComplete(slot) || slot.storedBytes < slot.sizeBytes) return Promise.resolve();
    slot.finishing ??= finish(this.#disk, slot).finally(() => {
      slot.finishing = undefined;
    });
    return slot.finishing;
  }
}

function isComplete(slot: Slot | undefined): boolean {
  return slot?.tag !== undefined;
}

function keyOf({ segment, party }: SegmentResource): string {
  return `${segment}/${party}`;
}

async function openSlot(disk: Disk, path: string, sha256: string, sizeBytes: number): Promise<Slot> {
  const slot: Slot = {
    path,
    sizeBytes,
    sha256,
    digests: undefined,
    storedBytes: 0,
    tag: undefined,
    isBusy: false,
    isDiscarded: false,
    endRequest: undefined,
    finishing: undefined,
  };
  const present = await disk.sizeOf(path);
  if (present === undefined || present > sizeBytes) {
    await disk.remove(path);
    slot.digests = new RunningDigests();
    return slot;
  }
  slot.storedBytes = present;
  if (present < sizeBytes) return slot;
  const found = await digestsOfFile(path, disk);
  if (found.sha256 === sha256) slot.tag = found.tag;
  else await reset(disk, slot);
  return slot;
}

function requireKept(slot: Slot, resource: SegmentResource): void {
  if (slot.isDiscarded) throw discarded(resource);
}

function closed(): TributaryError {
  return new TributaryError("ROUND_NOT_OPEN", "the attempt takes no segment any more");
}

function discarded({ segment, party }: Pick<SegmentResource, "segment" | "party">): TributaryError {
  return new TributaryError("ROUND_CONFLICT", `segment ${segment} of party ${party} was discarded while it came`);
}

async function appendBody(
  file: DiskFile,
  slot: Slot,
  span: ByteSpan,
  body: Readable,
  pieceBytes?: number,
): Promise<void> {
  const sink = {
    file,
    position: slot.storedBytes,
    ...(pieceBytes !== undefined && { pieceBytes }),
    maxBytes: span.endBytes - span.startBytes,
    onWritten: (piece: Uint8Array) => {
      slot.digests?.update(piece);
      slot.storedBytes += piece.length;
    },
  };
  await receiveBody(body, sink).finally(() => file.close());
}

async function finish(disk: Disk, slot: Slot): Promise<void> {
  const found = slot.digests?.digest() ?? (await digestsOfFile(slot.path, disk));
  slot.digests = undefined;
  if (found.sha256 === slot.sha256) {
    slot.tag = found.tag;
    return;
  }
  if (!slot.isDiscarded) await reset(disk, slot);
  throw new TributaryError("CHECKSUM_MISMATCH", `segment has digest ${found.sha256}, must be ${slot.sha256}`);
}

async function reset(disk: Disk, slot: Slot): Promise<void> {
  await disk.truncate(slot.path, 0);
  slot.storedBytes = 0;
  slot.digests = new RunningDigests();
}
