import { randomBytes } from "node:crypto";

const CHUNK_RECORDS = 4096;
const FREE = -1;

/**
 * Records of one width, numbered in the order in which they were added, and found by their first bytes. Each costs its width and some 4 to
 * 8 bytes more, where a Map would take a hundred.
 */
export class RecordTable {
  readonly #widthBytes: number;
  readonly #keyWords: number;
  /** Secret factors: who chooses keys chooses no collisions. */
  readonly #factors: Uint32Array;
  readonly #chunks: Buffer[] = [];
  #slots = new Int32Array(1024).fill(FREE);
  #count = 0;

  /** @param keyBytes how many bytes at the start of a record are its key: a multiple of 4. */
  constructor({ widthBytes, keyBytes }: { readonly widthBytes: number; readonly keyBytes: number }) {
    this.#widthBytes = widthBytes;
    this.#keyWords = keyBytes / 4;
    const random = randomBytes(keyBytes);
    this.#factors = Uint32Array.from({ length: this.#keyWords }, (_, word) => random.readUInt32LE(4 * word) | 1);
  }

  /** How many records there are. */
  get count(): number {
    return this.#count;
  }

  /** The record of a number, as a view that may be written to behind its key. */
  at(number: number): Buffer {
    const start = (number % CHUNK_RECORDS) * this.#widthBytes;
    return this.#chunks[Math.floor(number / CHUNK_RECORDS)]!.subarray(start, start + this.#widthBytes);
  }

  /** Number of the record with a key; `undefined` when there is none. */
  find(key: Uint8Array): number | undefined {
    const number = this.#slots[this.#slotOf(key)]!;
    return number === FREE ? undefined : number;
  }

  /** Adds a record whose key is new; gives its number. */
  add(record: Uint8Array): number {
    if (2 * (this.#count + 1) > this.#slots.length) this.#grow();
    const number = this.#count++;
    if (number % CHUNK_RECORDS === 0) this.#chunks.push(Buffer.alloc(CHUNK_RECORDS * this.#widthBytes));
    this.at(number).set(record);
    this.#slots[this.#slotOf(record)] = number;
    return number;
  }

  #grow(): void {
    this.#slots = new Int32Array(2 * this.#slots.length).fill(FREE);
    for (let number = 0; number < this.#count; number++) this.#slots[this.#slotOf(this.at(number))] = number;
  }

  /** Slot of a key, or the free one where it would be. */
  #slotOf(key: Uint8Array): number {
    const mask = this.#slots.length - 1;
    for (let slot = this.#hash(key) & mask; ; slot = (slot + 1) & mask) {
      const number = this.#slots[slot]!;
      if (number === FREE || this.#hasKey(number, key)) return slot;
    }
  }

  #hasKey(number: number, key: Uint8Array): boolean {
    const keyBytes = 4 * this.#keyWords;
    return this.at(number).compare(key, 0, keyBytes, 0, keyBytes) === 0;
  }

  #hash(key: Uint8Array): number {
    let hash = 0;
    for (let word = 0; word < this.#keyWords; word++) {
      const at = 4 * word;
      const value = key[at]! | (key[at + 1]! << 8) | (key[at + 2]! << 16) | (key[at + 3]! << 24);
      hash = Math.imul(hash ^ value, this.#factors[word]!);
      hash ^= hash >>> 15;
    }
    return hash;
  }
}
