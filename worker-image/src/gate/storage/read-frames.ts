import { type DiskFile, TributaryError } from "@tributary/kit";
import { FileWindow } from "./file-window.ts";
import { FRAME_HEADER_BYTES, isPayloadOf, LOG_HEADER, readFrameHeader } from "./frames.ts";

/** A whole frame of a log. */
export interface FoundFrame {
  /** Valid until the next frame is asked for. */
  readonly payload: Uint8Array;
  /** Where the payload stands. */
  readonly position: number;
  /** Where the frame ends. */
  readonly end: number;
}

/** What stands at a place: a frame, or why there is none. */
type Found = FoundFrame | { readonly trouble: string };

/**
 * The whole frames of a log, from the first to the last. What a crash left at the end is no frame; whoever writes on cuts it off.
 *
 * A frame is written when the one before is durable, so what a crash damages is the last one alone: damage that a whole frame follows is
 * none of a crash.
 *
 * @throws GATE_STATE_DAMAGED naming the file and the place when it is no log or a frame in the middle is damaged; STORAGE_UNAVAILABLE.
 */
export async function* readFrames(path: string, file: DiskFile): AsyncGenerator<FoundFrame, void> {
  const sizeBytes = await file.size();
  const window = new FileWindow(file, sizeBytes);
  const header = await window.bytes(0, LOG_HEADER.length);
  if (!header.equals(LOG_HEADER)) throw damaged(path, 0, "it does not start as a log of this version does");
  let position = LOG_HEADER.length;
  while (position < sizeBytes) {
    const found = await frameAt(window, position, sizeBytes);
    if ("trouble" in found) {
      const next = await nextWholeFrame(window, position + 1, sizeBytes);
      if (next === undefined) return;
      throw damaged(path, position, `${found.trouble}, and whole frames follow from byte ${next}`);
    }
    yield found;
    position = found.end;
  }
}

async function frameAt(window: FileWindow, position: number, sizeBytes: number): Promise<Found> {
  const start = position + FRAME_HEADER_BYTES;
  const headerBytes = await window.bytes(position, FRAME_HEADER_BYTES);
  if (headerBytes.length < FRAME_HEADER_BYTES) return { trouble: "a frame's header is cut" };
  const read = readFrameHeader(headerBytes, position);
  if (read === undefined) return { trouble: "a frame's header does not match its check" };
  // What is read next may take the header's place in the window.
  const header = { payloadBytes: read.payloadBytes, check: Uint8Array.from(read.check) };
  const end = start + header.payloadBytes;
  if (end > sizeBytes) return { trouble: "a frame is cut" };
  const payload = await window.bytes(start, header.payloadBytes);
  return isPayloadOf(payload, header)
    ? { payload, position: start, end }
    : { trouble: "a frame's payload does not match its digest" };
}

/** Place of the first whole frame from a place on. Frames know where they stand, so bytes that look like one by chance do not count. */
async function nextWholeFrame(window: FileWindow, from: number, sizeBytes: number): Promise<number | undefined> {
  for (let position = from; position + FRAME_HEADER_BYTES <= sizeBytes; position++) {
    const header = readFrameHeader(await window.bytes(position, FRAME_HEADER_BYTES), position);
    if (header === undefined) continue;
    if (!("trouble" in (await frameAt(window, position, sizeBytes)))) return position;
  }
  return undefined;
}

/** The error for a log that is not as it was written. */
export function damaged(path: string, position: number, why: string): TributaryError {
  const remedy = "restore the file from a backup; moved away, what it holds is forgotten";
  const message = `${path} is damaged at byte ${position}: ${why}; ${remedy}`;
  return new TributaryError("GATE_STATE_DAMAGED", message, { details: { path, position } });
}
