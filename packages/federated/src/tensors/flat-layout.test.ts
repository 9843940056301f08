import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { flatLayout, flatSpans, readFlat, writeFlat } from "./flat-layout.ts";
import { layoutSafetensors } from "./safetensors.ts";

const { tensors, header, sizeBytes } = layoutSafetensors([
  { name: "z", dtype: "F32", shape: [2, 3] },
  { name: "b", dtype: "BF16", shape: [5] },
  { name: "a", dtype: "F16", shape: [0] },
  { name: "m", dtype: "F64", shape: [] },
]);
const layout = flatLayout(tensors);
const data = new Uint8Array(sizeBytes - header.length);
const whole = Float32Array.from({ length: 12 }, (_, i) => i - 5.5);

describe("flat layout", () => {
  it("puts tensors end to end by name", () => {
    expect(layout.parameters).toBe(12);
    expect(layout.tensors.map(({ name, offset }) => [name, offset])).toEqual([
      ["a", 0],
      ["b", 0],
      ["m", 5],
      ["z", 6],
    ]);
  });

  it("names the runs of a range", () => {
    const spans = flatSpans(layout, 3, 5).map(({ tensor, start, count }) => [tensor.name, start, count]);
    expect(spans).toEqual([
      ["b", 3, 2],
      ["m", 0, 1],
      ["z", 0, 2],
    ]);
    expect(flatSpans(layout, 12, 0)).toEqual([]);
  });

  it("reads what was written, whatever the ranges", () => {
    const cut = fc.integer({ min: 0, max: 12 });
    fc.assert(
      fc.property(cut, cut, cut, (first, second, from) => {
        const cuts = [0, Math.min(first, second), Math.max(first, second), 12];
        data.fill(0);
        for (let i = 0; i < 3; i++) writeFlat(layout, data, cuts[i]!, whole.subarray(cuts[i]!, cuts[i + 1]!));
        expect(readFlat(layout, data, from, new Float32Array(12 - from))).toEqual(whole.subarray(from));
      }),
    );
  });

  it("refuses tensors that cannot be averaged, repeated names and ranges past the end", () => {
    const [first] = tensors;
    expect(() => flatLayout([{ ...first!, dtype: "I64" }])).toThrow('m.dtype is "I64", must be F32, F16, BF16 or F64');
    expect(() => flatLayout([first!, first!])).toThrow('name is "m", must be a name that appears once');
    expect(() => flatSpans(layout, 13, 0)).toThrow("offset is 13, must be an integer from 0 to 12");
    expect(() => readFlat(layout, data, 4, new Float32Array(9))).toThrow("count is 9, must be an integer from 0 to 8");
  });
});

describe("a tensor without elements", () => {
  const tensor = (name: string, elements: number, startBytes: number) => ({
    name,
    dtype: "F32" as const,
    shape: [elements],
    elements,
    startBytes,
    endBytes: startBytes + 4 * elements,
  });

  it.each([
    { place: "first", sizes: [0, 2, 3] },
    { place: "in the middle", sizes: [2, 0, 3] },
    { place: "last", sizes: [2, 3, 0] },
    { place: "several in a row", sizes: [0, 0, 2, 0, 0, 3, 0] },
  ])("$place hides nothing behind it, for any range", ({ sizes }) => {
    let at = 0;
    const tensors = sizes.map((elements, index) => {
      const made = tensor(`t${index}`, elements, at);
      at = made.endBytes;
      return made;
    });
    const layout = flatLayout(tensors);
    const data = new Uint8Array(Float32Array.from({ length: 5 }, (_, index) => index + 1).buffer);
    for (let offset = 0; offset <= 5; offset++) {
      for (let count = 0; offset + count <= 5; count++) {
        const out = readFlat(layout, data, offset, new Float32Array(count).fill(-1));
        expect([...out]).toEqual(Array.from({ length: count }, (_, index) => offset + index + 1));
      }
    }
  });
});
