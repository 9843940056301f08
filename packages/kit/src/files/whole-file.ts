import { TributaryError } from "../errors/tributary-error.ts";
import { type AnyFile, diskFileOf } from "./disk.ts";

/**
 * Writes every byte, at `position` or where the last write ended. A disk that is nearly full takes a part and says nothing: the next
 * write fails, and with it this.
 *
 * @throws STORAGE_FULL, STORAGE_UNAVAILABLE.
 */
export async function writeFully(
  to: AnyFile,
  content: Uint8Array | readonly Uint8Array[],
  position?: number,
): Promise<void> {
  const file = diskFileOf(to);
  let rest = withoutFirst(content instanceof Uint8Array ? [content] : content, 0);
  let at = position ?? null;
  while (rest.length > 0) {
    const written = await file.writeSome(rest, at);
    // A disk that names its volumes has said so itself.
    if (written === 0) throw new TributaryError("STORAGE_UNAVAILABLE", "the disk took no byte and gave no reason");
    rest = withoutFirst(rest, written);
    if (at !== null) at += written;
  }
}

/** Fills `buffer` from a file and returns it; Error when the file ends before. Large loops use one buffer again and again. */
export async function readFully<B extends Uint8Array>(file: AnyFile, position: number, buffer: B): Promise<B> {
  const found = await readUpTo(file, position, buffer);
  if (found === buffer.length) return buffer;
  throw new Error(`file ends at byte ${position + found}, ${buffer.length - found} bytes too early`);
}

/** Fills `buffer` from a file as far as the file goes; tells how many bytes that were. */
export async function readUpTo(from: AnyFile, position: number, buffer: Uint8Array): Promise<number> {
  const file = diskFileOf(from);
  let done = 0;
  while (done < buffer.length) {
    const read = await file.readSome(buffer, done, buffer.length - done, position + done);
    if (read === 0) break;
    done += read;
  }
  return done;
}

function withoutFirst(chunks: readonly Uint8Array[], count: number): Uint8Array[] {
  const rest: Uint8Array[] = [];
  let skip = count;
  for (const chunk of chunks) {
    if (chunk.length > skip) rest.push(skip === 0 ? chunk : chunk.subarray(skip));
    skip = Math.max(0, skip - chunk.length);
  }
  return rest;
}
