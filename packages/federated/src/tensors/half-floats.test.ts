import { describe, expect, it } from "vitest";
import { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from "./half-floats.ts";
import { readFloats, writeFloats } from "./tensor-view.ts";

const isNan = (bits: number, exponent: number, fraction: number) =>
  (bits & exponent) === exponent && (bits & fraction) !== 0;

describe("half floats", () => {
  it("come back from float32 for every bit pattern of both formats", () => {
    for (let bits = 0; bits < 65_536; bits++) {
      const half = float32ToFloat16(float16ToFloat32(bits));
      if (isNan(bits, 0x7c00, 0x3ff)) expect(isNan(half, 0x7c00, 0x3ff)).toBe(true);
      else if (half !== bits) expect.fail(`binary16 ${bits} came back as ${half}`);
      const brain = float32ToBfloat16(bfloat16ToFloat32(bits));
      if (isNan(bits, 0x7f80, 0x7f)) expect(isNan(brain, 0x7f80, 0x7f)).toBe(true);
      else if (brain !== bits) expect.fail(`bfloat16 ${bits} came back as ${brain}`);
    }
  });

  it.each([
    { value: 1 + 2 ** -11, want: 0x3c00 },
    { value: 1 + 3 * 2 ** -11, want: 0x3c02 },
    { value: 1 + 2 ** -11 + 2 ** -20, want: 0x3c01 },
    { value: 65_519, want: 0x7bff },
    { value: 65_520, want: 0x7c00 },
    { value: -1e9, want: 0xfc00 },
    { value: 2 ** -25, want: 0 },
    { value: 2 ** -25 * 1.5, want: 1 },
    { value: 3 * 2 ** -25, want: 2 },
    { value: -(2 ** -14), want: 0x8400 },
  ])("$value rounds to binary16 $want", ({ value, want }) => {
    expect(float32ToFloat16(value)).toBe(want);
  });

  it.each([
    { value: 1 + 2 ** -8, want: 0x3f80 },
    { value: 1 + 3 * 2 ** -8, want: 0x3f82 },
    { value: 3.4e38, want: 0x7f80 },
  ])("$value rounds to bfloat16 $want", ({ value, want }) => {
    expect(float32ToBfloat16(value)).toBe(want);
  });
});

describe("float ranges", () => {
  it.each(["F32", "F16", "BF16", "F64"] as const)("of %s read back at any alignment", (dtype) => {
    const bytes = new Uint8Array(new ArrayBuffer(100), 1, 64);
    writeFloats(Float32Array.of(0.5, -3, 256), dtype, 2, bytes);
    expect([...readFloats(bytes, dtype, 3, new Float32Array(2))]).toEqual([-3, 256]);
  });

  it("refuse other types and ranges past the end", () => {
    expect(() => readFloats(new Uint8Array(8), "I32", 0, new Float32Array(1))).toThrow('dtype is "I32"');
    expect(() => readFloats(new Uint8Array(8), "F32", 1, new Float32Array(2))).toThrow(
      "start is 1, must be an integer from 0 to 0",
    );
    expect(() => writeFloats(new Float32Array(3), "F32", 0, new Uint8Array(8))).toThrow(
      "count is 3, must be at most 2",
    );
  });
});
