import { DATA_NAME_BYTES } from "@tributary/federated";
import { TributaryError } from "@tributary/kit";

/** Digests of a sum's parts by which it is remembered. */
export interface SumToRemember {
  /** Which seat, start and section: 16 bytes. */
  readonly key: Uint8Array;
  /** Data names of the survivors, ascending. */
  readonly dataNames: Uint8Array;
  /** SHA-256 of the data names. */
  readonly setSha256: Uint8Array;
  readonly workSha256: Uint8Array;
  readonly threshold: number;
}

/** What one request makes the gate remember: all of it or nothing. */
export interface MemoryRecord {
  /** Data name of the seat. */
  readonly seat: Uint8Array;
  readonly sums: readonly SumToRemember[];
}

/** Bytes of a {@link SumToRemember.key}. */
export const KEY_BYTES = 16;

const DIGEST_BYTES = 32;

/** What stands in a payload of the memory's log, one after the other, each after a byte that says which. */
const EntryType = { Seat: 1, Set: 2, Work: 3, Start: 4 } as const;

/**
 * An entry of the log. Seats, sets and works are numbered in the order in which they stand in it, and a start names them by number: it
 * takes 24 bytes and the one for its type.
 */
export type MemoryEntry =
  | { readonly type: "seat"; readonly dataName: Uint8Array }
  /** `offset`: where the names stand in the payload. */
  | { readonly type: "set"; readonly dataNames: Uint8Array; readonly offset: number }
  | { readonly type: "work"; readonly set: number; readonly threshold: number; readonly workSha256: Uint8Array }
  | { readonly type: "start"; readonly seat: number; readonly work: number; readonly key: Uint8Array };

/** Bytes of a start's entry. */
export const START_BYTES: number = 1 + 4 + 4 + KEY_BYTES;
/** Bytes of a work's entry. */
export const WORK_BYTES: number = 1 + 4 + 4 + DIGEST_BYTES;

/** Bytes of the entry of a set with so many bytes of data names. */
export function setBytes(nameBytes: number): number {
  return 1 + 4 + nameBytes;
}

/** Bytes that an entry takes in the log. */
export function bytesOf(entry: MemoryEntry): number {
  switch (entry.type) {
    case "seat":
      return 1 + DATA_NAME_BYTES;
    case "set":
      return setBytes(entry.dataNames.length);
    case "work":
      return WORK_BYTES;
    case "start":
      return START_BYTES;
  }
}

/** The bytes of a seat that is new. */
export function seatEntry(dataName: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.of(EntryType.Seat), dataName]);
}

/** The bytes of a set of survivors that is new. */
export function setEntry(dataNames: Uint8Array): Uint8Array {
  return Buffer.concat([headOf(EntryType.Set, dataNames.length / DATA_NAME_BYTES), dataNames]);
}

/** The bytes of a set with the work that its seats did. */
export function workEntry(set: number, threshold: number, workSha256: Uint8Array): Uint8Array {
  return Buffer.concat([headOf(EntryType.Work, set, threshold), workSha256]);
}

/** The bytes of a sum that was signed on a start and section. */
export function startEntry(seat: number, work: number, key: Uint8Array): Uint8Array {
  return Buffer.concat([headOf(EntryType.Start, seat, work), key]);
}

function headOf(type: number, ...numbers: readonly number[]): Buffer {
  const head = Buffer.alloc(1 + 4 * numbers.length);
  head.writeUInt8(type);
  for (const [index, number] of numbers.entries()) head.writeUInt32BE(number, 1 + 4 * index);
  return head;
}

/**
 * The entries of a payload, in order; their bytes are views of it.
 *
 * @throws GATE_STATE_DAMAGED where something else stands: a log of another release, or an error of this one.
 */
export function* readEntries(payload: Uint8Array): Generator<MemoryEntry, void> {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw unreadable(`an entry is cut at byte ${at}`);
    at += length;
    return bytes.subarray(at - length, at);
  };
  const takeNumber = (): number => {
    if (at + 4 > bytes.length) throw unreadable(`an entry is cut at byte ${at}`);
    at += 4;
    return bytes.readUInt32BE(at - 4);
  };
  while (at < bytes.length) {
    const type = bytes[at++];
    if (type === EntryType.Seat) yield { type: "seat", dataName: take(DATA_NAME_BYTES) };
    else if (type === EntryType.Set) {
      const count = takeNumber();
      yield { type: "set", offset: at, dataNames: take(count * DATA_NAME_BYTES) };
    } else if (type === EntryType.Work) {
      const [set, threshold] = [takeNumber(), takeNumber()];
      yield { type: "work", set, threshold, workSha256: take(DIGEST_BYTES) };
    } else if (type === EntryType.Start) {
      const [seat, work] = [takeNumber(), takeNumber()];
      yield { type: "start", seat, work, key: take(KEY_BYTES) };
    } else throw unreadable(`an entry of type ${type} at byte ${at - 1}, must be 1 to 4`);
  }
}

/** The error for a payload that is whole and says what it cannot. */
export function unreadable(why: string): TributaryError {
  return new TributaryError("GATE_STATE_DAMAGED", `the gate's memory holds ${why}; it was written by another release`);
}
