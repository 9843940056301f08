import { describe, expect, it } from "vitest";
import { INTEGER_ORDERS, RENYI_ORDERS } from "./orders.ts";
import { epsilonOfRenyi } from "./renyi-conversion.ts";
import { sampledGaussianRenyi } from "./sampled-gaussian-renyi.ts";

function epsilonOf(sigma: number, q: number, steps: number, delta: number, orders: readonly number[] = RENYI_ORDERS) {
  const divergences = sampledGaussianRenyi(q, sigma, orders).map((divergence) => divergence * steps);
  return epsilonOfRenyi(orders, divergences, delta);
}

function expectRelative(value: number, want: number, tolerance: number): void {
  expect(Math.abs(value / want - 1)).toBeLessThan(tolerance);
}

describe("Renyi divergence of the subsampled Gaussian", () => {
  it("has the orders that are mandatory", () => {
    expect(RENYI_ORDERS.slice(0, 3)).toEqual([1.1, 1.2, 1.3]);
    expect(RENYI_ORDERS.slice(97, 101)).toEqual([10.8, 10.9, 11, 12]);
    expect(RENYI_ORDERS.at(-1)).toBe(256);
    expect(INTEGER_ORDERS).toEqual(Array.from({ length: 255 }, (_, i) => i + 2));
  });

  it.each([
    { order: 5, published: 2.18075656e-3 },
    { order: 50, published: 2.38460375e-2 },
    { order: 100, published: 167.416308 },
  ])("equals the published 50 steps of q 0.01, sigma 2.5 at order $order", ({ order, published }) => {
    expectRelative(50 * sampledGaussianRenyi(0.01, 2.5, [order])[0]!, published, 1e-8);
  });

  it.each([
    { order: 1.5, exact: 6.50070897e-4, published: 6.70579741e-4 },
    { order: 2.5, exact: 1.08541806e-3, published: 1.0854871e-3 },
  ])("is exact at order $order, below the value published from unsigned binomials", ({ order, exact, published }) => {
    const value = 50 * sampledGaussianRenyi(0.01, 2.5, [order])[0]!;
    expectRelative(value, exact, 5e-9);
    expect(value).toBeLessThan(published);
  });

  /** mpmath 1.4.1, adaptive quadrature with 30 digits. */
  it.each([
    { q: 0.01, sigma: 2.5, order: 1.5, exact: 1.3001417943760793e-5 },
    { q: 0.01, sigma: 2.5, order: 2.5, exact: 2.1708361138362483e-5 },
    { q: 0.25, sigma: 2, order: 3.4, exact: 0.0323771307516154 },
    { q: 0.5, sigma: 0.3, order: 1.1, exact: 2.911781896955957 },
    { q: 0.9, sigma: 0.2, order: 7.3, exact: 91.12791559296791 },
    { q: 0.0001, sigma: 1, order: 10.9, exact: 9.38726353262843e-8 },
    { q: 1e-6, sigma: 0.5, order: 5.5, exact: 1.4870393423350546e-10 },
    { q: 0.02, sigma: 50, order: 1.1, exact: 8.801697405570572e-8 },
    { q: 0.3, sigma: 1000, order: 2.7, exact: 1.215000731430351e-7 },
    { q: 0.7, sigma: 0.05, order: 1.7, exact: 339.13378942186307 },
    { q: 0.999, sigma: 1, order: 4.4, exact: 2.198748470529462 },
    { q: 0.001, sigma: 0.7, order: 256, exact: 254.28964528054806 },
    { q: 0.1, sigma: 10, order: 64, exact: 0.0034110637562587086 },
    { q: 1e-5, sigma: 0.3, order: 32, exact: 165.89346762038915 },
  ])("is within 1e-8 above mpmath at q $q, sigma $sigma, order $order", ({ q, sigma, order, exact }) => {
    const value = sampledGaussianRenyi(q, sigma, [order])[0]!;
    expect(value).toBeGreaterThanOrEqual(exact * (1 - 1e-14));
    expectRelative(value, exact, 1e-8);
  });

  it("joins smoothly at integer orders, where the sum takes over from the quadrature", () => {
    for (const [q, sigma] of [
      [0.3, 0.5],
      [0.01, 1],
      [1e-4, 3],
      [0.9, 0.2],
    ] as const) {
      for (const order of [2, 3, 7, 10]) {
        const [below, at, above] = sampledGaussianRenyi(q, sigma, [order - 1e-7, order, order + 1e-7]);
        expectRelative((below! + above!) / 2, at!, 1e-7);
      }
    }
  });

  it("grows with the order and falls with the noise", () => {
    for (const sigma of [0.05, 0.3, 1, 30, 1e4]) {
      const divergences = sampledGaussianRenyi(0.02, sigma, RENYI_ORDERS);
      const noisier = sampledGaussianRenyi(0.02, sigma * 1.1, RENYI_ORDERS);
      for (let i = 0; i < RENYI_ORDERS.length; i++) {
        expect(divergences[i]).toBeGreaterThan(i === 0 ? 0 : divergences[i - 1]!);
        expect(noisier[i]).toBeLessThan(divergences[i]!);
      }
    }
  });

  it("is order / (2 sigma²) when every record is in every step", () => {
    const [half, whole] = sampledGaussianRenyi(1, 2, [1.5, 8]);
    expect(half).toBeCloseTo(1.5 / 8, 8);
    expect(whole).toBeCloseTo(1, 8);
  });

  it.each([
    [[0, 1, [2]], /samplingRate is 0, must be > 0 and <= 1/],
    [[1.1, 1, [2]], /samplingRate is 1\.1/],
    [[Number.NaN, 1, [2]], /samplingRate is NaN/],
    [[0.1, 0, [2]], /noiseMultiplier is 0, must be >= 0\.05/],
    [[0.1, Number.POSITIVE_INFINITY, [2]], /noiseMultiplier is Infinity/],
    [[0.1, 1, [1]], /order is 1, must be > 1 and <= 1024/],
    [[0.1, 1, [Number.NaN]], /order is NaN/],
    [[0.1, 1, [2000]], /order is 2000/],
  ] as const)("refuses %j", ([q, sigma, orders], message) => {
    expect(() => sampledGaussianRenyi(q, sigma, orders)).toThrow(message);
  });
});

describe("epsilon from Renyi divergences", () => {
  it.each([
    { sigma: 1.5, q: 0.04, steps: 2250, delta: 1e-5, want: 7.32911117143, tolerance: 1e-6 },
    { sigma: 1.3, q: 250 / 60000, steps: 3600, delta: 1e-5, want: 0.9422, tolerance: 1e-3 },
    { sigma: 4, q: 0.01, steps: 1000, delta: 1e-5, want: 0.301161, tolerance: 1e-3 },
    { sigma: 1, q: 0.01, steps: 1000, delta: 1e-5, want: 2.101367, tolerance: 1e-3 },
    { sigma: 1, q: 1, steps: 1, delta: 1e-5, want: 4.728507, tolerance: 1e-6 },
    { sigma: 2, q: 1, steps: 1, delta: 1e-5, want: 2.165716, tolerance: 1e-6 },
    { sigma: 4, q: 1, steps: 1, delta: 1e-5, want: 1.012551, tolerance: 1e-6 },
    { sigma: 10, q: 1, steps: 1, delta: 1e-5, want: 0.375291, tolerance: 2e-6 },
    { sigma: 5, q: 1, steps: 100, delta: 1e-6, want: 11.688627, tolerance: 1e-6 },
    { sigma: 2, q: 0.25, steps: 200, delta: 1e-6, want: 11.373676, tolerance: 1e-6 },
    { sigma: 1, q: 1, steps: 100, delta: 1e-5, want: 96.116308, tolerance: 1e-6 },
    { sigma: 4.530877117, q: 1, steps: 1, delta: 1e-6, want: 1, tolerance: 1e-3 },
    { sigma: 1.416, q: 0.04, steps: 2250, delta: 1e-5, want: 8, tolerance: 0.01 / 8 },
    { sigma: 1.3562, q: 0.04, steps: 2000, delta: 1e-5, want: 8, tolerance: 0.01 / 8 },
    { sigma: 1.1, q: 0.01, steps: 1000, delta: 1e-5, want: 1.71177, tolerance: 1e-6 },
    { sigma: 1, q: 0.1, steps: 100, delta: 1e-5, want: 7.899255, tolerance: 1e-6 },
    { sigma: 2, q: 0.2, steps: 50, delta: 1e-5, want: 3.849365, tolerance: 1e-6 },
    { sigma: 5, q: 1, steps: 30, delta: 1e-5, want: 5.252401, tolerance: 1e-6 },
  ])("sigma $sigma, q $q, $steps steps, delta $delta costs $want", ({ sigma, q, steps, delta, want, tolerance }) => {
    expectRelative(epsilonOf(sigma, q, steps, delta).epsilon, want, tolerance);
  });

  it.each([
    { sigma: 1.1, q: 0.01, steps: 1000, delta: 1e-5, want: 1.725291 },
    { sigma: 1, q: 0.1, steps: 100, delta: 1e-5, want: 7.972922 },
    { sigma: 2, q: 0.2, steps: 50, delta: 1e-5, want: 3.869537 },
    { sigma: 5, q: 1, steps: 30, delta: 1e-5, want: 5.252728 },
    { sigma: 1, q: 0.01, steps: 1000, delta: 1e-5, want: 2.107753 },
    { sigma: 1, q: 1, steps: 1, delta: 1e-5, want: 4.752728 },
    { sigma: 1, q: 1, steps: 100, delta: 1e-5, want: 110.126631 },
  ])("integer orders alone give $want for sigma $sigma, q $q, $steps steps", ({ sigma, q, steps, delta, want }) => {
    expectRelative(epsilonOf(sigma, q, steps, delta, INTEGER_ORDERS).epsilon, want, 1e-6);
  });

  it("turns a divergence of 1.1 at orders 2 to 32 into 1.32783806176 at order 32", () => {
    const orders = Array.from({ length: 31 }, (_, i) => i + 2);
    const { epsilon, order } = epsilonOfRenyi(
      orders,
      orders.map(() => 1.1),
      1e-5,
    );
    expect(epsilon).toBeCloseTo(1.32783806176, 10);
    expect(order).toBe(32);
  });

  it("takes epsilon 0 where delta covers the total variation, and never less", () => {
    expect(epsilonOfRenyi([2], [1e-12], 1e-5).epsilon).toBe(0);
    expect(epsilonOfRenyi([1.1, 2], [Number.POSITIVE_INFINITY, 1], 1e-5).order).toBe(2);
    expect(epsilonOfRenyi([2], [Number.POSITIVE_INFINITY], 1e-5).epsilon).toBe(Number.POSITIVE_INFINITY);
  });

  it.each([
    [() => epsilonOfRenyi([2], [1], 0), /deltaDp is 0/],
    [() => epsilonOfRenyi([2], [1], Number.NaN), /deltaDp is NaN/],
    [() => epsilonOfRenyi([], [], 1e-5), /orders\.length is 0/],
    [() => epsilonOfRenyi([2, 3], [1], 1e-5), /divergences\.length is 1, must be 2/],
    [() => epsilonOfRenyi([2], [-1], 1e-5), /divergences\[0\] is -1, must be >= 0/],
    [() => epsilonOfRenyi([2], [Number.NaN], 1e-5), /divergences\[0\] is NaN/],
    [() => epsilonOfRenyi([0.5], [1], 1e-5), /order is 0\.5/],
  ])("refuses what is out of range (%#)", (call, message) => {
    expect(call).toThrow(message);
  });
});
