import { expect, it } from "vitest";
import { erfc, erfcx, normalCdf } from "./gaussian-tail.ts";

function expectRelative(value: number, want: number, tolerance = 2e-15): void {
  expect(Math.abs(value / want - 1)).toBeLessThan(tolerance);
}

/** Values of mpmath 1.4.1 at 40 digits. */
it.each([
  { x: 0, scaled: 1, plain: 1 },
  { x: 0.1, scaled: 0.8964569799691267, plain: 0.8875370839817152 },
  { x: 0.5, scaled: 0.6156903441929259, plain: 0.4795001221869535 },
  { x: 1, scaled: 0.4275835761558071, plain: 0.15729920705028513 },
  { x: 3, scaled: 0.17900115118138998, plain: 2.209049699858544e-5 },
  { x: 5, scaled: 0.11070463773306864, plain: 1.537459794428035e-12 },
  { x: 10, scaled: 0.05614099274382259, plain: 2.088487583762545e-45 },
  { x: 26, scaled: 0.021683584850562907, plain: 5.663192408856142e-296 },
  { x: 1000, scaled: 0.0005641893014533876, plain: 0 },
])("erfc and erfcx of $x keep the last digits", ({ x, scaled, plain }) => {
  expectRelative(erfcx(x), scaled);
  if (plain > 0) expectRelative(erfc(x), plain);
  else expect(erfc(x)).toBe(0);
});

it("reflects at zero and keeps both normal tails", () => {
  expectRelative(erfc(-1), 1.842700792949715);
  expectRelative(erfcx(-2), 108.94090438997797);
  expectRelative(normalCdf(-9), 1.1285884059538405e-19, 1e-14);
  expect(normalCdf(9)).toBe(1);
  expect(normalCdf(0)).toBeCloseTo(0.5, 15);
});

it("passes NaN on and goes to 1/(x sqrt(pi)) far out", () => {
  expect(erfcx(Number.NaN)).toBeNaN();
  expect(erfc(Number.NaN)).toBeNaN();
  expectRelative(erfcx(1e12), 1 / (1e12 * Math.sqrt(Math.PI)));
});
