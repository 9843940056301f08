import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

/** First bytes of every log: what it is, and in which version. */
export const LOG_HEADER: Uint8Array = Buffer.from("tributary log 1\n", "ascii");

/** Bytes before the payload of a frame: u32 length, 8 bytes of the payload's SHA-256, u32 CRC-32 over both and the frame's place. */
export const FRAME_HEADER_BYTES = 16;

/** Most bytes of a payload. */
export const MAX_PAYLOAD_BYTES = 2 ** 26;

const CHECK_START = 4;
const CRC_START = 12;

/** What the header of a frame says. */
export interface FrameHeader {
  readonly payloadBytes: number;
  /** First 8 bytes of the payload's SHA-256. */
  readonly check: Uint8Array;
}

/** A payload as it stands at a place of a log. A frame of another place, or of another log moved there, is none. */
export function frameOf(payload: Uint8Array, position: number): Uint8Array {
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + payload.length);
  frame.writeUInt32BE(payload.length, 0);
  checkOf(payload).copy(frame, CHECK_START);
  frame.writeUInt32BE(headerCrc(frame, position), CRC_START);
  frame.set(payload, FRAME_HEADER_BYTES);
  return frame;
}

/** The header that starts `bytes`, `undefined` when none of this place does. */
export function readFrameHeader(bytes: Uint8Array, position: number): FrameHeader | undefined {
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, FRAME_HEADER_BYTES);
  const payloadBytes = header.readUInt32BE(0);
  if (payloadBytes > MAX_PAYLOAD_BYTES || header.readUInt32BE(CRC_START) !== headerCrc(header, position))
    return undefined;
  return { payloadBytes, check: header.subarray(CHECK_START, CRC_START) };
}

/** Whether a payload is the one that its header speaks of. */
export function isPayloadOf(payload: Uint8Array, header: FrameHeader): boolean {
  return payload.length === header.payloadBytes && checkOf(payload).equals(header.check);
}

function checkOf(payload: Uint8Array): Buffer {
  return createHash("sha256")
    .update(payload)
    .digest()
    .subarray(0, CRC_START - CHECK_START);
}

/** A length that the disk changed would lead to a wrong place: it has a check of its own. */
function headerCrc(header: Uint8Array, position: number): number {
  const place = Buffer.alloc(8);
  place.writeBigUInt64BE(BigInt(position));
  return crc32(place, crc32(header.subarray(0, CRC_START)));
}
