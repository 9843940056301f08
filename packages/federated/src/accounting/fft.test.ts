import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFourierTransform } from "./fft.ts";

function transformDirectly(re: readonly number[]): { re: number[]; im: number[] } {
  const angle = (k: number, n: number) => (-2 * Math.PI * ((k * n) % re.length)) / re.length;
  const sum = (k: number, part: (x: number) => number) => re.reduce((total, x, n) => total + x * part(angle(k, n)), 0);
  return { re: re.map((_, k) => sum(k, Math.cos)), im: re.map((_, k) => sum(k, Math.sin)) };
}

describe("createFourierTransform", () => {
  it.each([2, 4, 8, 64])("equals the definition at size %d", (size) => {
    const input = Array.from({ length: size }, (_, i) => Math.sin(i * i + 1));
    const [re, im] = [Float64Array.from(input), new Float64Array(size)];
    createFourierTransform(size).forward(re, im);
    const want = transformDirectly(input);
    for (let k = 0; k < size; k++) {
      expect(re[k]).toBeCloseTo(want.re[k]!, 12);
      expect(im[k]).toBeCloseTo(want.im[k]!, 12);
    }
  });

  it("comes back to where it started", () => {
    const size = 32;
    const transform = createFourierTransform(size);
    const aVector = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: size, maxLength: size });
    fc.assert(
      fc.property(aVector, aVector, (real, imaginary) => {
        const [re, im] = [Float64Array.from(real), Float64Array.from(imaginary)];
        transform.forward(re, im);
        transform.inverse(re, im);
        for (let i = 0; i < size; i++) {
          expect(re[i]).toBeCloseTo(real[i]!, 13);
          expect(im[i]).toBeCloseTo(imaginary[i]!, 13);
        }
      }),
    );
  });

  it.each([0, 1, 3, 100, 2 ** 25, Number.NaN])("refuses size %d", (size) => {
    expect(() => createFourierTransform(size)).toThrow(/size is .*, must be a power of two/);
  });

  it("refuses vectors of another length", () => {
    const { forward } = createFourierTransform(4);
    expect(() => forward(new Float64Array(3), new Float64Array(4))).toThrow("real.length is 3, must be 4");
    expect(() => forward(new Float64Array(4), new Float64Array(8))).toThrow("imaginary.length is 8, must be 4");
  });
});
