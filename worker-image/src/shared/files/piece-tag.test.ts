import { expect, it } from "vitest";
import { PIECE_TAG_BYTES, pieceTag, RunningTag } from "./piece-tag.ts";

it("is the tag of NIST's GCM test case 1 for nothing, with the key and the nonce of zeros", () => {
  expect(pieceTag(new Uint8Array()).toString("hex")).toBe("58e2fccefa7e3061367f1d57a4e7455a");
});

it.each([1, 4096, 2 ** 20])("notices one bit of a piece of %i bytes, and zeros in its place", (size) => {
  const piece = new Uint8Array(size).fill(3);
  const tag = pieceTag(piece);
  expect(tag).toHaveLength(PIECE_TAG_BYTES);
  expect(pieceTag(piece.slice())).toEqual(tag);
  piece[size - 1]! ^= 1;
  expect(pieceTag(piece)).not.toEqual(tag);
  expect(pieceTag(new Uint8Array(size))).not.toEqual(tag);
  expect(pieceTag(new Uint8Array(size))).not.toEqual(Buffer.alloc(PIECE_TAG_BYTES));
});

it("takes views of shared memory", () => {
  const shared = new Float32Array(new SharedArrayBuffer(4096)).fill(0.5);
  const copy = new Float32Array(shared);
  expect(pieceTag(new Uint8Array(shared.buffer))).toEqual(pieceTag(new Uint8Array(copy.buffer)));
});

it.each([1, 15, 16, 4096, 65_537])("is the same of bytes that come in pieces of %i", (size) => {
  const bytes = Uint8Array.from({ length: 200_000 }, (_, index) => index * index);
  const running = new RunningTag();
  for (let start = 0; start < bytes.length; start += size) running.update(bytes.subarray(start, start + size));
  expect(running.digest()).toEqual(pieceTag(bytes));
});
