import { join } from "node:path";
import type { Disk, Logger, TributaryError } from "@tributary/kit";
import { AppendLog } from "../storage/append-log.ts";
import { damaged } from "../storage/read-frames.ts";
import type { Holding } from "../storage/volume-hold.ts";
import { decideSum, type RepeatPolicy, type Sum } from "./decide-sum.ts";
import { hexOf, sha256 } from "./digests.ts";
import { KEY_BYTES, type MemoryRecord, type SumToRemember } from "./memory-records.ts";
import { differenceOfJobs, memoryBytesFull, memoryFull } from "./memory-refusals.ts";
import { type KnownSum, RememberedSums } from "./remembered-sums.ts";

/** A sum of one section of a report. */
export interface SectionSum extends Sum {
  /** Name of the section. */
  readonly section: string;
}

/** What a seat is about to sign on one start. */
export interface StartSums {
  /** Data name of the seat, 36 bytes. */
  readonly seat: Uint8Array;
  /** Digest of the start, 32 bytes. */
  readonly startSha256: Uint8Array;
  /** Of each section, by different names. */
  readonly sums: readonly SectionSum[];
}

/** A sum as the trail tells of it, digests in hexadecimal. */
export interface ToldSum {
  /** SHA-256 of the seat's data name. */
  readonly seatSha256: string;
  readonly startSha256: string;
  readonly section: string;
}

/** What the memory is opened with. */
export interface GateMemoryOptions {
  /** Folder of `memory.log`. */
  readonly directory: string;
  /** Starts that are remembered of one seat, each section counted. */
  readonly startsPerSeat: number;
  /** Bytes of the log that are written for one seat: the volume is all seats'. */
  readonly bytesPerSeat: number;
  readonly log: Logger;
  /** Whether the volume is still this process's; left out where nobody else can have it. */
  readonly hold?: Holding;
  /** The machine's by default. */
  readonly disk?: Disk;
}

/** What the member signed that it is in a sum, of all its seats, longer than pods and jobs live. */
export class GateMemory {
  readonly #path: string;
  readonly #startsPerSeat: number;
  readonly #bytesPerSeat: number;
  readonly #sums: RememberedSums;
  readonly #log: AppendLog<MemoryRecord>;
  /** The last call of each seat that has one: a seat's calls go one after the other, those of all seats become durable together. */
  readonly #turns = new Map<string, Promise<void>>();

  private constructor(
    path: string,
    { startsPerSeat, bytesPerSeat }: GateMemoryOptions,
    sums: RememberedSums,
    log: AppendLog<MemoryRecord>,
  ) {
    this.#path = path;
    this.#startsPerSeat = startsPerSeat;
    this.#bytesPerSeat = bytesPerSeat;
    this.#sums = sums;
    this.#log = log;
  }

  /**
   * Opens the memory of a folder; an empty one when there is none.
   *
   * @throws GATE_STATE_DAMAGED, STORAGE_FULL, STORAGE_UNAVAILABLE.
   */
  static async open(options: GateMemoryOptions): Promise<GateMemory> {
    const path = memoryPath(options.directory);
    const content = new RememberedSums();
    const opened = await AppendLog.open({ ...options, path, content });
    return new GateMemory(path, options, content, opened);
  }

  /** Bytes of the file. */
  get sizeBytes(): number {
    return this.#log.sizeBytes;
  }

  /** Why nothing can be remembered, as the last sum found it; `undefined` while the volume takes them. */
  get problem(): TributaryError | undefined {
    return this.#log.problem;
  }

  /** Whether only a gate that opens the memory anew may go on with it. */
  get isBroken(): boolean {
    return this.#log.isBroken;
  }

  /** Tries whether the volume takes sums again after one that failed; remembers none. Never rejects. */
  mend(): Promise<void> {
    return this.#log.mend();
  }

  /** How many starts of a seat are remembered, each section counted. */
  startsOf(seat: Uint8Array): number {
    return this.#sums.startsOf(seat);
  }

  /** How many bytes of the log were written for a seat. */
  bytesOf(seat: Uint8Array): number {
    return this.#sums.bytesOf(seat);
  }

  /** How many starts are remembered of the seat that has most. */
  get mostStarts(): number {
    return this.#sums.mostStarts;
  }

  /** Whether a sum is remembered of a start and section of the seat whose data name has a digest. */
  remembers({ seatSha256, startSha256, section }: ToldSum): boolean {
    const seat = this.#sums.seats().find((name) => hexOf(sha256(name)) === seatSha256);
    if (seat === undefined) return false;
    return this.#sums.sumsOf(keyOf(seat, Buffer.from(startSha256, "hex"), section)).length > 0;
  }

  /**
   * Remembers the sums of all sections, durably before it resolves, or of none.
   *
   * @throws DIFFERENCE_OF_JOBS when one of them, with a sum that was signed before, would single somebody out; GATE_MEMORY_FULL;
   *   STORAGE_FULL, STORAGE_UNAVAILABLE, GATE_STATE_DAMAGED.
   */
  record(asked: StartSums, policy: RepeatPolicy): Promise<void> {
    return this.#inTurn(hexOf(asked.seat), () => this.#record(asked, policy));
  }

  /** Closes the file; calls under way are over before. */
  close(): Promise<void> {
    return this.#log.close();
  }

  async #inTurn(seat: string, act: () => Promise<void>): Promise<void> {
    const acting = (this.#turns.get(seat) ?? Promise.resolve()).then(act);
    const settled = acting.catch(() => {});
    this.#turns.set(seat, settled);
    await acting.finally(() => {
      if (this.#turns.get(seat) === settled) this.#turns.delete(seat);
    });
  }

  async #record({ seat, startSha256, sums }: StartSums, policy: RepeatPolicy): Promise<void> {
    const added: SumToRemember[] = [];
    for (const { section, ...sum } of sums) {
      const key = keyOf(seat, startSha256, section);
      const setSha256 = sha256(sum.dataNames);
      const verdict = decideSum(await this.#signed(key, sum, setSha256), sum, policy);
      if (verdict.kind === "refused") throw differenceOfJobs(section, verdict);
      if (verdict.kind === "remember") added.push({ key, setSha256, ...sum });
    }
    if (added.length === 0) return;
    const starts = this.#sums.startsOf(seat);
    const growth = this.#sums.growth(added);
    if (growth > 0 && starts + growth > this.#startsPerSeat) throw memoryFull(starts, growth, this.#startsPerSeat);
    const [bytes, more] = [this.#sums.bytesOf(seat), this.#sums.growthBytes(added)];
    if (bytes + more > this.#bytesPerSeat) throw memoryBytesFull(bytes, more, this.#bytesPerSeat);
    await this.#log.append({ seat, sums: added });
  }

  /** The sums that were signed under a key, with the names of their sets: those of another set are read from the file. */
  async #signed(key: Uint8Array, asked: Sum, setSha256: Uint8Array): Promise<Sum[]> {
    const signed: Sum[] = [];
    for (const known of this.#sums.sumsOf(key)) {
      const isAsked = Buffer.compare(known.setSha256, setSha256) === 0;
      signed.push({ ...known, dataNames: isAsked ? asked.dataNames : await this.#namesOf(known) });
    }
    return signed;
  }

  async #namesOf({ place, setSha256 }: KnownSum): Promise<Uint8Array> {
    const dataNames = new Uint8Array(place.bytes);
    await this.#log.readAt(place.position, dataNames);
    if (Buffer.compare(sha256(dataNames), setSha256) === 0) return dataNames;
    throw damaged(this.#path, place.position, "a set of survivors does not match its digest");
  }
}

/** Where the memory of a folder lies. */
export function memoryPath(directory: string): string {
  return join(directory, "memory.log");
}

/** Which seat, start and section: no two of them make the same bytes, since seat and start have fixed lengths. */
function keyOf(seat: Uint8Array, startSha256: Uint8Array, section: string): Uint8Array {
  return sha256(Buffer.from("tributary/gate-memory"), seat, startSha256, Buffer.from(section, "utf8")).subarray(
    0,
    KEY_BYTES,
  );
}
