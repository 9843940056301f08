import { hexOf } from "./digests.ts";
import { type MemoryRecord, seatEntry, setEntry, startEntry, workEntry } from "./memory-records.ts";

/** Bytes of a {@link workKey}: set (u32), threshold (u32), digest of the work. */
export const WORK_KEY_BYTES = 40;

/** What is numbered already when a payload is made. */
interface Numbered {
  readonly seat: (dataName: Uint8Array) => number | undefined;
  readonly set: (sha256: Uint8Array) => number | undefined;
  readonly work: (key: Uint8Array) => number | undefined;
  readonly counts: { readonly seats: number; readonly sets: number; readonly works: number };
}

/** Writes one payload of the memory's log: what several of its records share is numbered once. */
export class PayloadWriter {
  readonly #numbered: Numbered;
  readonly #parts: Uint8Array[] = [];
  readonly #newSeats = new Map<string, number>();
  readonly #newSets = new Map<string, number>();
  readonly #newWorks = new Map<string, number>();

  constructor(numbered: Numbered) {
    this.#numbered = numbered;
  }

  /** The entries of some records: what is new of seats, sets and works, then the starts. */
  payloadOf(records: readonly MemoryRecord[]): Uint8Array {
    const { seat, set, work, counts } = this.#numbered;
    for (const record of records) {
      const seatNumber = this.#numberOf(record.seat, seat, counts.seats, this.#newSeats, () => seatEntry(record.seat));
      for (const { key, dataNames, setSha256, threshold, workSha256 } of record.sums) {
        const setNumber = this.#numberOf(setSha256, set, counts.sets, this.#newSets, () => setEntry(dataNames));
        const entry = () => workEntry(setNumber, threshold, workSha256);
        const worked = workKey(setNumber, threshold, workSha256);
        const workNumber = this.#numberOf(worked, work, counts.works, this.#newWorks, entry);
        this.#parts.push(startEntry(seatNumber, workNumber, key));
      }
    }
    return Buffer.concat(this.#parts);
  }

  #numberOf(
    key: Uint8Array,
    known: (key: Uint8Array) => number | undefined,
    knownCount: number,
    added: Map<string, number>,
    entry: () => Uint8Array,
  ): number {
    const found = known(key) ?? added.get(hexOf(key));
    if (found !== undefined) return found;
    const number = knownCount + added.size;
    added.set(hexOf(key), number);
    this.#parts.push(entry());
    return number;
  }
}

/** A set by its number with the work of its seats: by these bytes it is found. */
export function workKey(set: number, threshold: number, workSha256: Uint8Array): Uint8Array {
  const key = Buffer.alloc(WORK_KEY_BYTES);
  key.writeUInt32BE(set, 0);
  key.writeUInt32BE(threshold, 4);
  key.set(workSha256, 8);
  return key;
}
