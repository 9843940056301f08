import { createHash } from "node:crypto";
import type { SectionSum } from "../gate-memory.ts";

/** Data name of a seat that a test calls by a number. */
export function seatName(seat: number): Uint8Array {
  const name = Buffer.alloc(36);
  name.set(createHash("sha256").update(`member ${seat}`).digest());
  name.writeUInt32BE(seat, 32);
  return name;
}

/** A digest of 32 bytes for a text. */
export function digestOf(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

/** Data names of some seats, ascending. */
export function namesOf(seats: readonly number[]): Uint8Array[] {
  return seats.map(seatName).sort(Buffer.compare);
}

/** A sum of some seats. */
export function sumOf(
  seats: readonly number[],
  {
    section = "update",
    work = "work",
    threshold = 3,
  }: Partial<{ section: string; work: string; threshold: number }> = {},
): SectionSum {
  return { section, dataNames: Buffer.concat(namesOf(seats)), workSha256: digestOf(work), threshold };
}
