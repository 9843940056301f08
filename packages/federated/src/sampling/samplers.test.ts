import { describe, expect, it } from "vitest";
import {
  type RandomBytes,
  readBigEndian,
  sampleBernoulli,
  sampleBernoulliExp,
  takeBytes,
  uniformBelow,
} from "./bernoulli.ts";
import { sampleDiscreteGaussian, sampleDiscreteLaplace } from "./discrete-gaussian.ts";
import { createPoissonSampler, MAX_POISSON_MEAN } from "./poisson.ts";
import { boundPoisson } from "./poisson-bounds.ts";
import { integerSquareRoot, type Rational, rationalOf } from "./rational.ts";
import { createSkellamSampler } from "./skellam-noise.ts";
import { pseudoRandomBytes } from "./testing/pseudo-random.ts";

/** A stream that gives these bytes and then zeros. */
function bytesThenZeros(...bytes: number[]): RandomBytes {
  let used = 0;
  return (count) => Uint8Array.from({ length: count }, () => bytes[used++] ?? 0);
}

function fraction(numerator: number, denominator = 1): Rational {
  return { numerator: BigInt(numerator), denominator: BigInt(denominator) };
}

/**
 * Chi-square statistic of samples against exact chances, cells below 8 expected joined, as standard deviations above its
 * mean: a right sampler stays below 5 but with chance 1e-6.
 */
function chiSquareExcess(samples: readonly number[], chanceOf: (value: number) => number): number {
  const observed = new Map<number, number>();
  for (const value of samples) observed.set(value, (observed.get(value) ?? 0) + 1);
  const [low, high] = [Math.min(...samples) - 50, Math.max(...samples) + 50];
  let [statistic, cells, seen, expected, totalExpected] = [0, 0, 0, 0, 0];
  for (let value = low; value <= high; value++) {
    seen += observed.get(value) ?? 0;
    expected += chanceOf(value) * samples.length;
    if (expected < 8) continue;
    statistic += (seen - expected) ** 2 / expected;
    totalExpected += expected;
    [seen, expected] = [0, 0];
    cells++;
  }
  expect(totalExpected).toBeGreaterThan(samples.length * 0.995);
  return (statistic - (cells - 1)) / Math.sqrt(2 * (cells - 1));
}

function drawMany(count: number, draw: () => number | bigint): number[] {
  return Array.from({ length: count }, () => Number(draw()));
}

function logFactorial(n: number): number {
  let sum = 0;
  for (let k = 2; k <= n; k++) sum += Math.log(k);
  return sum;
}

/** Chances over -1000..1000 that are proportional to exp(logWeight). */
function normalised(logWeight: (value: number) => number): (value: number) => number {
  let total = 0;
  for (let value = -1000; value <= 1000; value++) total += Math.exp(logWeight(value));
  return (value) => Math.exp(logWeight(value)) / total;
}

const poissonChance = (mean: number) => (k: number) =>
  k < 0 ? 0 : Math.exp(k * Math.log(mean) - mean - logFactorial(k));

describe("exact samplers against exact chances, by chi-square", () => {
  it.each([1n, 2n, 3n, 10n, 256n, 1000n])("uniformBelow(%d)", (bound) => {
    const random = pseudoRandomBytes(`uniform ${bound}`);
    const samples = drawMany(20_000, () => uniformBelow(bound, random));
    if (bound === 1n) expect(new Set(samples)).toEqual(new Set([0]));
    else
      expect(chiSquareExcess(samples, (value) => (value >= 0 && value < bound ? 1 / Number(bound) : 0))).toBeLessThan(
        5,
      );
  });

  it.each([
    [0, 1],
    [1, 3],
    [1, 1],
    [7, 2],
  ])("sampleBernoulliExp with rate %d/%d", (numerator, denominator) => {
    const random = pseudoRandomBytes(`exp ${numerator} ${denominator}`);
    const rate = fraction(numerator, denominator);
    const count = 20_000;
    const hits = drawMany(count, () => (sampleBernoulliExp(rate, random) ? 1 : 0)).reduce((sum, hit) => sum + hit, 0);
    const chance = Math.exp(-numerator / denominator);
    expect(Math.abs(hits - count * chance)).toBeLessThanOrEqual(5 * Math.sqrt(count * chance * (1 - chance)));
  });

  it.each([
    [1, 1],
    [5, 2],
    [20, 1],
    [1, 4],
  ])("sampleDiscreteLaplace with scale %d/%d", (numerator, denominator) => {
    const random = pseudoRandomBytes(`laplace ${numerator} ${denominator}`);
    const samples = drawMany(20_000, () => sampleDiscreteLaplace(fraction(numerator, denominator), random));
    const chance = normalised((value) => (-Math.abs(value) * denominator) / numerator);
    if (numerator > denominator) expect(chiSquareExcess(samples, chance)).toBeLessThan(5);
    else expect(samples.filter((value) => value === 0).length / samples.length).toBeCloseTo(chance(0), 1);
  });

  it.each([
    [1, 1],
    [25, 4],
    [400, 1],
    [1, 3],
  ])("sampleDiscreteGaussian with variance %d/%d", (numerator, denominator) => {
    const random = pseudoRandomBytes(`gaussian ${numerator} ${denominator}`);
    const samples = drawMany(20_000, () => sampleDiscreteGaussian(fraction(numerator, denominator), random));
    const chance = normalised((value) => (-value * value * denominator) / (2 * numerator));
    expect(chiSquareExcess(samples, chance)).toBeLessThan(5);
  });

  it.each([
    [1, 100],
    [1, 1],
    [7, 2],
    [40, 1],
    [1001, 3],
  ])("createPoissonSampler with mean %d/%d", (numerator, denominator) => {
    const random = pseudoRandomBytes(`poisson ${numerator} ${denominator}`);
    const { sample } = createPoissonSampler(fraction(numerator, denominator));
    const samples = drawMany(20_000, () => sample(random));
    const chance = poissonChance(numerator / denominator);
    if (numerator >= denominator) expect(chiSquareExcess(samples, chance)).toBeLessThan(5);
    else expect(Math.abs(samples.filter((value) => value === 0).length / 20_000 - chance(0))).toBeLessThan(0.005);
  });

  it.each([
    [1, 2],
    [8, 1],
    [300, 1],
  ])("createSkellamSampler with variance %d/%d", (numerator, denominator) => {
    const random = pseudoRandomBytes(`skellam ${numerator} ${denominator}`);
    const { sample } = createSkellamSampler(fraction(numerator, denominator));
    const half = poissonChance(numerator / denominator / 2);
    const table = Array.from({ length: 400 }, (_, k) => half(k));
    const chance = (value: number) => table.reduce((sum, each, k) => sum + each * (table[k + value] ?? 0), 0);
    expect(
      chiSquareExcess(
        drawMany(20_000, () => sample(random)),
        chance,
      ),
    ).toBeLessThan(5);
  });
});

describe("moments at the sizes that noise has", () => {
  it.each([1e4, 1e6, 3e8])("Skellam noise of variance %d has mean 0, that variance and no skew", (variance) => {
    const { sample } = createSkellamSampler(rationalOf(variance));
    const random = pseudoRandomBytes(`moments ${variance}`);
    const count = 20_000;
    const scaled = drawMany(count, () => sample(random)).map((value) => value / Math.sqrt(variance));
    const moment = (power: number) => scaled.reduce((sum, value) => sum + value ** power, 0) / count;
    expect(Math.abs(moment(1))).toBeLessThan(5 / Math.sqrt(count));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / count));
    expect(Math.abs(moment(3))).toBeLessThan(5 * Math.sqrt(15 / count));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / count));
  });

  it("noise of several parties adds up to noise of the summed variance", () => {
    const target = new Int32Array(20_000);
    for (const [party, variance] of [3, 10, 27].entries()) {
      createSkellamSampler(fraction(variance)).addTo(target, pseudoRandomBytes(`party ${party}`));
    }
    const half = poissonChance(20);
    const table = Array.from({ length: 200 }, (_, k) => half(k));
    const chance = (value: number) => table.reduce((sum, each, k) => sum + each * (table[k + value] ?? 0), 0);
    expect(chiSquareExcess([...target], chance)).toBeLessThan(5);
  });

  it("a discrete Gaussian of variance 1e12 and a mean at the limit are drawn too", () => {
    const random = pseudoRandomBytes("large");
    const gaussian = drawMany(2000, () => sampleDiscreteGaussian(rationalOf(1e12), random));
    const square = gaussian.reduce((sum, value) => sum + value * value, 0) / 2000;
    expect(Math.abs(square / 1e12 - 1)).toBeLessThan(5 * Math.sqrt(2 / 2000));
    const { sample } = createPoissonSampler(fraction(MAX_POISSON_MEAN));
    expect(Math.abs(sample(random) - MAX_POISSON_MEAN)).toBeLessThan(6 * 65_536);
  });
});

describe("exactness", () => {
  it("bounds the Poisson distribution function from both sides, ever tighter", () => {
    for (const [mean, value] of [
      [1 / 128, 0],
      [2.5, 3],
      [400, 380],
    ] as const) {
      let width = 1;
      for (const bits of [96, 192, 384]) {
        const { first, cumulative, total, error } = boundPoisson(rationalOf(mean), bits);
        const sum = cumulative[value - first]!;
        const scale = 1n << 64n;
        const [low, high] = [(sum * scale) / (total + error), ((sum + error) * scale) / total + 1n];
        let exact = 0;
        for (let k = 0; k <= value; k++) exact += poissonChance(mean)(k);
        expect(Number(low) / 2 ** 64).toBeLessThan(exact + 1e-12);
        expect(Number(high) / 2 ** 64).toBeGreaterThan(exact - 1e-12);
        const relative = Number(error) / Number(total);
        expect(relative).toBeLessThan(width);
        width = relative / 2 ** 20;
      }
    }
  });

  it("draws more bits when 64 are too near an entry of the table, and decides by them", () => {
    const mean = fraction(1);
    const { cumulative, total, error } = boundPoisson(mean, 192);
    const prefix = (cumulative[2]! << 64n) / (total + error);
    const bytesOf = (value: bigint) =>
      Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(56 - 8 * i)) & 255n));
    const { sample } = createPoissonSampler(mean);
    const near = bytesOf(prefix);
    expect(sample(bytesThenZeros(...near, ...new Array(8).fill(0)))).toBe(2);
    expect(sample(bytesThenZeros(...near, ...new Array(8).fill(255)))).toBe(3);
    let taken = 0;
    const counting: RandomBytes = (count) => {
      taken += count;
      return Uint8Array.from({ length: count }, (_, i) => near[i] ?? 0);
    };
    sample(counting);
    expect(taken).toBe(16);
    expect(sample(bytesThenZeros(...bytesOf(prefix - 1n)))).toBe(2);
    expect(sample(bytesThenZeros(...bytesOf(prefix + 2n)))).toBe(3);
  });

  it("reaches both ends of the distribution: all zeros and all ones", () => {
    const { sample } = createPoissonSampler(fraction(100));
    expect(sample(bytesThenZeros())).toBeLessThan(40);
    expect(sample(bytesThenZeros(...new Array(16).fill(255)))).toBeGreaterThan(180);
  });

  it("gives the same samples from the same stream", () => {
    const draw = () => {
      const target = new Int32Array(100);
      createSkellamSampler(fraction(50)).addTo(target, pseudoRandomBytes("again"));
      return target;
    };
    expect(draw()).toEqual(draw());
  });

  it("takes a double for exactly what it is, and square roots of any integer", () => {
    expect(rationalOf(0.1)).toEqual({ numerator: 3602879701896397n, denominator: 1n << 55n });
    expect(rationalOf(3e20)).toEqual({ numerator: 300000000000000000000n, denominator: 1n });
    expect(Number(rationalOf(5e-324).denominator.toString(2).length)).toBe(1075);
    for (const root of [0n, 1n, 2n, 3n, 10n ** 30n, (1n << 200n) - 1n]) {
      expect(integerSquareRoot(root * root)).toBe(root);
      if (root > 0n) expect(integerSquareRoot(root * root - 1n)).toBe(root - 1n);
      expect(integerSquareRoot(root * root + 2n * root)).toBe(root);
    }
    expect(readBigEndian(Uint8Array.of(1, 2, 3))).toBe(0x010203n);
  });
});

describe("bad input of the samplers", () => {
  const random = bytesThenZeros();
  it.each([
    [() => uniformBelow(0n, random), /bound is 0n, must be >= 1/],
    [() => sampleBernoulli(fraction(3, 2), random), /chance is "3\/2", must be >= 0 and <= 1/],
    [() => sampleBernoulli(fraction(-1, 2), random), /chance is "-1\/2"/],
    [() => sampleBernoulliExp(fraction(-1, 2), random), /rate is "-1\/2", must be >= 0/],
    [() => sampleDiscreteLaplace(fraction(0), random), /scale is "0\/1", must be > 0/],
    [() => sampleDiscreteGaussian(fraction(1, 0), random), /variance is "1\/0"/],
    [() => createPoissonSampler(fraction(0)), /mean is "0\/1"/],
    [() => createPoissonSampler(fraction(2 ** 32 + 1)), /mean is "4294967297\/1", must be <= 4294967296/],
    [() => createSkellamSampler(fraction(0)), /variance is "0\/1"/],
    [() => createSkellamSampler(fraction(2 ** 34)), /variance is "17179869184\/1", must be <= 8589934592/],
    [() => rationalOf(-1, "variance"), /variance is -1, must be >= 0 and finite/],
    [() => rationalOf(Number.NaN), /value is NaN/],
    [() => takeBytes(() => new Uint8Array(3), 8), /random\(count\)\.length is 3, must be 8/],
  ])("refuses what is out of range (%#)", (call, message) => {
    expect(call).toThrow(message);
  });
});
