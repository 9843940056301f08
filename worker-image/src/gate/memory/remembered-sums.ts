import type { LogContent } from "../storage/append-log.ts";
import { hexOf, sha256 } from "./digests.ts";
import {
  bytesOf,
  KEY_BYTES,
  type MemoryRecord,
  readEntries,
  START_BYTES,
  type SumToRemember,
  setBytes,
  unreadable,
  WORK_BYTES,
} from "./memory-records.ts";
import { PayloadWriter, WORK_KEY_BYTES, workKey } from "./payload-writer.ts";
import { RecordTable } from "./record-table.ts";

/** A sum as the memory has it, without the names of its set. */
export interface KnownSum {
  /** SHA-256 of the data names. */
  readonly setSha256: Uint8Array;
  /** Where the data names stand in the log, and how many bytes they are. */
  readonly place: { readonly position: number; readonly bytes: number };
  readonly workSha256: Uint8Array;
  readonly threshold: number;
}

interface Seat {
  readonly number: number;
  starts: number;
  /** Of the entries that were written for it: what another seat's sums had brought before costs it nothing. */
  bytes: number;
}

const DIGEST_BYTES = 32;
/** Digest, then position (f64) and bytes (u32) of the names in the log. */
const SET = { widthBytes: DIGEST_BYTES + 12, keyBytes: DIGEST_BYTES };
const WORK = { widthBytes: WORK_KEY_BYTES, keyBytes: WORK_KEY_BYTES };
/** Key, then the numbers of two works (u32). */
const START = { widthBytes: KEY_BYTES + 8, keyBytes: KEY_BYTES };
const NONE = 0xff_ff_ff_ff;

/**
 * The sums that were signed, as the log adds up to them. A start costs 24 bytes: 16 of a digest of seat, start and section, and the numbers
 * of two works, which are interned as their sets are.
 *
 * What is keyed by 16 bytes alone is safe: two starts whose keys are equal share a history, in which all sets of both stand, so whatever
 * would be refused beside the sets of one is refused; such a collision costs whoever made it a refusal. Sets and works are told
 * apart by 32 bytes: two sets that counted as one would let a difference through, and a hub that chooses survivors could look for such a pair.
 */
export class RememberedSums implements LogContent<MemoryRecord> {
  readonly #seats = new Map<string, Seat>();
  readonly #seatsByNumber: Seat[] = [];
  readonly #sets = new RecordTable(SET);
  readonly #works = new RecordTable(WORK);
  readonly #starts = new RecordTable(START);
  /** Works beyond two of a start, by its number: only a policy that allows repeated starts makes them. */
  readonly #further = new Map<number, number[]>();
  #mostStarts = 0;
  /** Bytes of entries since the last start, whose seat they were written for. */
  #uncharged = 0;

  /** How many starts of a seat are remembered, each section counted; a work beyond two counts as one more. */
  startsOf(seat: Uint8Array): number {
    return this.#seats.get(hexOf(seat))?.starts ?? 0;
  }

  /** Bytes of the log that were written for a seat: its starts, and sets and works that were new with it. */
  bytesOf(seat: Uint8Array): number {
    return this.#seats.get(hexOf(seat))?.bytes ?? 0;
  }

  /** How many bytes more a seat would have with these sums, at most. */
  growthBytes(sums: readonly SumToRemember[]): number {
    return sums.reduce((bytes, { dataNames, setSha256 }) => {
      const isKnown = this.#sets.find(setSha256) !== undefined;
      return bytes + START_BYTES + WORK_BYTES + (isKnown ? 0 : setBytes(dataNames.length));
    }, 0);
  }

  /** Data names of the seats of which something is remembered. */
  seats(): Uint8Array[] {
    return [...this.#seats.keys()].map((name) => Buffer.from(name, "hex"));
  }

  /** How many are remembered of the seat that has most. */
  get mostStarts(): number {
    return this.#mostStarts;
  }

  /** The sums that were signed under a key, in the order in which they were. */
  sumsOf(key: Uint8Array): KnownSum[] {
    const start = this.#starts.find(key);
    return start === undefined ? [] : this.#worksOf(start).map((work) => this.#sumOf(work));
  }

  /** How many more starts a seat has with these sums. */
  growth(sums: readonly SumToRemember[]): number {
    return sums.filter(({ key, ...sum }) => {
      const known = this.sumsOf(key);
      const isRaised = known.some((other) => isSameWork(other, sum));
      return known.length !== 1 && !isRaised;
    }).length;
  }

  encode(records: readonly MemoryRecord[]): Uint8Array {
    return new PayloadWriter({
      seat: (name) => this.#seats.get(hexOf(name))?.number,
      set: (digest) => this.#sets.find(digest),
      work: (key) => this.#works.find(key),
      counts: { seats: this.#seatsByNumber.length, sets: this.#sets.count, works: this.#works.count },
    }).payloadOf(records);
  }

  take(payload: Uint8Array, position: number): void {
    for (const entry of readEntries(payload)) {
      this.#uncharged += bytesOf(entry);
      if (entry.type === "seat") this.#addSeat(entry.dataName);
      else if (entry.type === "set") this.#addSet(entry.dataNames, position + entry.offset);
      else if (entry.type === "work") {
        if (entry.set >= this.#sets.count) throw unreadable(`set ${entry.set} of ${this.#sets.count}`);
        this.#works.add(workKey(entry.set, entry.threshold, entry.workSha256));
      } else this.#addStart(entry.seat, entry.work, entry.key);
    }
  }

  #addSeat(dataName: Uint8Array): void {
    const seat = { number: this.#seatsByNumber.length, starts: 0, bytes: 0 };
    this.#seats.set(hexOf(dataName), seat);
    this.#seatsByNumber.push(seat);
  }

  #addSet(dataNames: Uint8Array, position: number): void {
    const record = Buffer.alloc(SET.widthBytes);
    record.set(sha256(dataNames));
    record.writeDoubleBE(position, DIGEST_BYTES);
    record.writeUInt32BE(dataNames.length, DIGEST_BYTES + 8);
    this.#sets.add(record);
  }

  #addStart(seatNumber: number, work: number, key: Uint8Array): void {
    const seat = this.#seatsByNumber[seatNumber];
    if (seat === undefined) throw unreadable(`seat ${seatNumber} of ${this.#seatsByNumber.length}`);
    if (work >= this.#works.count) throw unreadable(`work ${work} of ${this.#works.count}`);
    seat.bytes += this.#uncharged;
    this.#uncharged = 0;
    const start = this.#starts.find(key);
    if (start === undefined) {
      const record = Buffer.alloc(START.widthBytes);
      record.set(key);
      record.writeUInt32BE(work, KEY_BYTES);
      record.writeUInt32BE(NONE, KEY_BYTES + 4);
      this.#starts.add(record);
      this.#count(seat);
      return;
    }
    const works = this.#worksOf(start);
    const sum = this.#sumOf(work);
    const raised = works.findIndex((other) => isSameWork(this.#sumOf(other), sum));
    if (raised < 0 && works.length >= 2) this.#count(seat);
    this.#setWork(start, raised < 0 ? works.length : raised, work);
  }

  #count(seat: Seat): void {
    seat.starts++;
    this.#mostStarts = Math.max(this.#mostStarts, seat.starts);
  }

  #worksOf(start: number): number[] {
    const record = this.#starts.at(start);
    const pair = [record.readUInt32BE(KEY_BYTES), record.readUInt32BE(KEY_BYTES + 4)];
    return [...pair.filter((work) => work !== NONE), ...(this.#further.get(start) ?? [])];
  }

  #setWork(start: number, place: number, work: number): void {
    if (place < 2) {
      this.#starts.at(start).writeUInt32BE(work, KEY_BYTES + 4 * place);
      return;
    }
    const further = this.#further.get(start) ?? [];
    further[place - 2] = work;
    this.#further.set(start, further);
  }

  #sumOf(work: number): KnownSum {
    const record = this.#works.at(work);
    const set = this.#sets.at(record.readUInt32BE(0));
    return {
      setSha256: set.subarray(0, DIGEST_BYTES),
      place: { position: set.readDoubleBE(DIGEST_BYTES), bytes: set.readUInt32BE(DIGEST_BYTES + 8) },
      workSha256: record.subarray(8),
      threshold: record.readUInt32BE(4),
    };
  }
}

type WorkOfSet = Pick<KnownSum, "setSha256" | "workSha256">;

function isSameWork(one: WorkOfSet, other: WorkOfSet): boolean {
  const isSameSet = Buffer.compare(one.setSha256, other.setSha256) === 0;
  return isSameSet && Buffer.compare(one.workSha256, other.workSha256) === 0;
}
