import { createCipheriv } from "node:crypto";
import { type ByteStream, Keystream } from "@tributary/federated";

const IV_BYTES = 16;
const AES_BLOCK_BYTES = 16;
const CHACHA_BLOCK_BYTES = 64;

/** Zeros to encrypt: one array for all streams, as large as the largest piece asked for so far. */
let zeros = new Uint8Array(128 * 1024);

/**
 * The keystream of `key` from byte `offsetBytes` on, as `CryptoSuite.keystream` defines it, without starting over at each piece.
 *
 * AES-256-CTR (NIST SP 800-38A §6.5) or ChaCha20 (RFC 8439 §2.4); counters and nonces start at zero. Fastest in pieces of 64 KiB
 * to 1 MiB.
 */
export function createKeystream(kind: Keystream, key: Uint8Array, offsetBytes: number): ByteStream {
  const aes = kind === Keystream.Aes256Ctr;
  const blockBytes = aes ? AES_BLOCK_BYTES : CHACHA_BLOCK_BYTES;
  const block = Math.floor(offsetBytes / blockBytes);
  const iv = new Uint8Array(IV_BYTES);
  const counter = new DataView(iv.buffer);
  if (aes) counter.setBigUint64(8, BigInt(block));
  else counter.setUint32(0, block, true);
  const cipher = createCipheriv(aes ? "aes-256-ctr" : "chacha20", key, iv);
  const skippedBytes = offsetBytes % blockBytes;
  if (skippedBytes > 0) cipher.update(zeros.subarray(0, skippedBytes));
  return (target) => {
    if (target.length > zeros.length) zeros = new Uint8Array(target.length);
    const piece = cipher.update(zeros.subarray(0, target.length));
    target.set(piece);
    release(piece);
  };
}

/**
 * Frees a piece's memory now. Left to the garbage collector, each piece would be written to memory that is in no cache: the stream
 * would run at less than half the speed.
 */
function release({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
