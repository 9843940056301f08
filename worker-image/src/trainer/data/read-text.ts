import { isUtf8 } from "node:buffer";
import { type Disk, readUpTo, TributaryError } from "@tributary/kit";

const chunkBytes = 2 ** 20;

/** Bytes below this one are control characters. */
const firstPrintable = 0x20;
/** Tab, line feed, form feed, carriage return and escape, which texts and logs are full of. */
const textControls: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0c, 0x0d, 0x1b]);
/** So many control characters of a kind make no piece something else than text, however short it is. */
const fewControls = 8;

/**
 * Reads a UTF-8 file a mebibyte at a time, cut between characters.
 * @throws TributaryError (`TRAINER_DATA_INVALID`) naming the file and the offset of the first byte that is no UTF-8, or of the piece
 * that has as many control characters as no text has
 */
export async function* readText(path: string, disk: Disk): AsyncGenerator<string> {
  const file = await disk.open(path, "r");
  try {
    let held = Buffer.alloc(0);
    for (let position = 0; ; position += chunkBytes) {
      const chunk = Buffer.alloc(chunkBytes);
      const bytesRead = await readUpTo(file, position, chunk);
      const isLast = bytesRead < chunkBytes;
      const startBytes = position - held.length;
      const bytes = Buffer.concat([held, chunk.subarray(0, bytesRead)]);
      const whole = isLast ? bytes : bytes.subarray(0, bytes.length - cutCharacterBytes(bytes));
      if (!isUtf8(whole)) throw notUtf8(path, startBytes + firstInvalidByte(whole), whole);
      requireText(path, startBytes, whole);
      yield whole.toString("utf8");
      if (isLast) return;
      held = bytes.subarray(whole.length);
    }
  } finally {
    await file.close();
  }
}

/**
 * UTF-16 without a mark is UTF-8 as long as none of its bytes is above 0x7f: so are English, Russian, Arabic, Hindi and Thai, with a NUL or
 * another control character for the upper half of every letter. Texts that part fields by control characters have theirs anywhere.
 */
function requireText(path: string, startBytes: number, bytes: Uint8Array): void {
  const nuls = bytes.reduce((count, byte) => count + Number(byte === 0), 0);
  const areMany = nuls > fewControls && nuls * 8 > bytes.length;
  const controls = countControls(bytes);
  // The upper half of a letter of some scripts is a tab, a line feed, a form feed or a carriage return; of a space it is a NUL.
  const isWide = controls > fewControls && controls * 64 > bytes.length && alternates(bytes);
  if (!areMany && !isWide) return;
  const message = `${path} is no text: ${controls} of ${bytes.length} bytes from byte ${startBytes} on are control characters, as in UTF-16 without a mark; convert the data set to UTF-8`;
  throw new TributaryError("TRAINER_DATA_INVALID", message, { details: { path } });
}

function countControls(bytes: Uint8Array): number {
  let controls = 0;
  for (const byte of bytes) if (byte < firstPrintable && !textControls.has(byte)) controls += 1;
  return controls;
}

/** Whether nearly every other byte is a control character, of those that texts have or not. */
function alternates(bytes: Uint8Array): boolean {
  const low = [0, 0] as [number, number];
  for (const [index, byte] of bytes.entries()) if (byte < firstPrintable) low[(index % 2) as 0 | 1] += 1;
  return Math.max(...low) * 16 > bytes.length * 7;
}

/** Bytes at the end that begin a character which is not all there. */
function cutCharacterBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const needed = characterBytes(bytes[bytes.length - back]!);
    if (needed > 1) return needed > back ? back : 0;
  }
  return 0;
}

/** Bytes of the character that a byte begins: 1 also for bytes that begin none. */
function characterBytes(lead: number): number {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}

function firstInvalidByte(bytes: Uint8Array): number {
  let at = 0;
  for (;;) {
    const size = characterBytes(bytes[at]!);
    if (at + size > bytes.length || !isUtf8(bytes.subarray(at, at + size))) return at;
    at += size;
  }
}

function notUtf8(path: string, offset: number, bytes: Uint8Array): TributaryError {
  const mark = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  const looksLike = offset === 0 && (mark === 0xfffe || mark === 0xfeff) ? "; it begins as UTF-16 does" : "";
  const message = `${path} is not UTF-8 at byte ${offset}${looksLike}; convert the data set to UTF-8`;
  return new TributaryError("TRAINER_DATA_INVALID", message, { details: { path } });
}
