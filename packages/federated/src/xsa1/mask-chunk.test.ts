import { describe, expect, it } from "vitest";
import { maskChunk } from "./mask-chunk.ts";

const none = { keystream: () => new Uint8Array(0) };

describe("masking a piece of a segment", () => {
  it.each([
    {
      given: "a ring of 9 bits",
      piece: { bytes: new Uint8Array(9), offsetBytes: 0, ringBits: 9 },
      want: "ringBits is 9",
    },
    {
      given: "a start inside a group",
      piece: { bytes: new Uint8Array(12), offsetBytes: 4, ringBits: 12 },
      want: "offsetBytes is 4",
    },
    {
      given: "an end inside a group",
      piece: { bytes: new Uint8Array(13), offsetBytes: 0, ringBits: 12 },
      want: "bytes.length is 13",
    },
    {
      given: "a negative start",
      piece: { bytes: new Uint8Array(12), offsetBytes: -12, ringBits: 12 },
      want: "offsetBytes is -12",
    },
  ])("refuses $given", ({ piece, want }) => {
    expect(() => maskChunk(none, piece, [])).toThrow(want);
  });

  it("hands pieces, keystreams and signs to the adder it is given", () => {
    const calls: unknown[] = [];
    const suite = {
      keystream: (...args: unknown[]) => {
        calls.push(args);
        return Uint8Array.of(1);
      },
    };
    const key = new Uint8Array(32);
    const bytes = new Uint8Array(16);
    maskChunk(suite as never, { bytes, offsetBytes: 8, ringBits: 8 }, [{ keystream: 0, key, sign: -1 }], (...args) =>
      calls.push(args),
    );
    expect(calls).toEqual([
      [0, key, 8, 16],
      [bytes, Uint8Array.of(1), 8, -1],
    ]);
  });
});
