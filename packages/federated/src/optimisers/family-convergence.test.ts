import { describe, expect, it } from "vitest";
import { serverOptimiserByName } from "./catalogue.ts";
import { localStepNorm } from "./fed-nova.ts";
import { parseParameters } from "./parameters.ts";

/** Two scalar parties: f_1 = 0.5 y², f_2 = 1.5 (y - 2)²; the minimiser of their mean is 1.5. */
const gradients = [(y: number) => y, (y: number) => 3 * (y - 2)] as const;
const LEARNING_RATE = 0.1;

function trainLocally(start: number, steps: number, gradient: (y: number) => number): number {
  let y = start;
  for (let step = 0; step < steps; step++) y -= LEARNING_RATE * gradient(y);
  return y;
}

function serverStep(name: string, x: number, update: number, extraMeans = {}): number {
  const optimiser = serverOptimiserByName(name);
  const input = { base: Float64Array.of(x), meanUpdate: Float64Array.of(update), state: {}, round: 0, extraMeans };
  return optimiser.step({ ...input, parameters: parseParameters(optimiser) }).model[0]!;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function fixedPointOf(round: (x: number) => number): number {
  let x = 0;
  for (let i = 0; i < 500; i++) x = round(x);
  return x;
}

/** A relative 1e-6, which the six printed digits of 0.630702 just allow. */
function expectPrinted(value: number, printed: number): void {
  expect(Math.abs(value - printed)).toBeLessThan(1e-6 * printed);
}

describe("deterministic convergence of the averaging family", () => {
  const fedAvgRound = (x: number) =>
    serverStep("FedAvg", x, mean(gradients.map((gradient) => trainLocally(x, 10, gradient) - x)));

  it("FedAvg is at 0.9717524751 after one round and ends at 1.197422", () => {
    expect(fedAvgRound(0)).toBeCloseTo(0.9717524751, 10);
    expectPrinted(fixedPointOf(fedAvgRound), 1.197422);
  });

  it.each([
    [0.1, 1.202873],
    [1, 1.251013],
  ])("FedProx with mu = %d ends at %d with FedAvg's server step", (mu, want) => {
    const round = (x: number) => {
      const updates = gradients.map((gradient) => trainLocally(x, 10, (y) => gradient(y) + mu * (y - x)) - x);
      return serverStep("FedAvg", x, mean(updates));
    };
    expectPrinted(fixedPointOf(round), want);
  });

  it("SCAFFOLD's second option ends exactly at 1.5 with FedAvg's server step", () => {
    const steps = 10;
    let [x, c] = [0, 0];
    let own = [0, 0];
    const seen: { x: number; c: number }[] = [];
    for (let round = 0; round < 500; round++) {
      const ends = gradients.map((gradient, k) => trainLocally(x, steps, (y) => gradient(y) - own[k]! + c));
      const next = ends.map((end, k) => own[k]! - c + (x - end) / (steps * LEARNING_RATE));
      const moved = serverStep("FedAvg", x, mean(ends.map((end) => end - x)));
      c += mean(next.map((value, k) => value - own[k]!));
      [x, own] = [moved, next];
      seen.push({ x, c });
    }
    expect(seen[0]!.x).toBeCloseTo(0.9717524751, 10);
    expect(seen[0]!.c).toBeCloseTo(-0.9717524751, 10);
    expect(seen[1]!.x).toBeCloseTo(1.3139697016, 10);
    expect(x).toBeCloseTo(1.5, 12);
    expect(c).toBeCloseTo(0, 12);
    expect(own[0]).toBeCloseTo(1.5, 12);
    expect(own[1]).toBeCloseTo(-1.5, 12);
  });

  it("FedDyn with alpha = 1 and exact local solves ends at 1.5 with h going to 0", () => {
    const alpha = 1;
    const solve = [
      (x: number, g: number) => (g + alpha * x) / (1 + alpha),
      (x: number, g: number) => (6 + g + alpha * x) / (3 + alpha),
    ];
    let [x, h] = [0, 0];
    let g = [0, 0];
    const seen: { x: number; h: number; g: number[] }[] = [];
    for (let round = 0; round < 200; round++) {
      const ends = solve.map((local, k) => local(x, g[k]!));
      g = ends.map((end, k) => g[k]! - alpha * (end - x));
      h -= alpha * mean(ends.map((end) => end - x));
      x = serverStep("FedAvg", x, mean(ends.map((end) => end - x)) - h / alpha);
      seen.push({ x, h, g });
    }
    expect(seen[0]).toEqual({ x: 1.5, h: -0.75, g: [0, -1.5] });
    expect(x).toBeCloseTo(1.5, 12);
    expect(h).toBeCloseTo(0, 12);
    expect(g[0]).toBeCloseTo(1.5, 12);
    expect(g[1]).toBeCloseTo(-1.5, 12);
  });

  it("with 10 and 1 local steps FedAvg ends at 0.630702 and FedNova at 1.643241", () => {
    const counts = [10, 1];
    const norms = counts.map((count) => localStepNorm({ count }));
    const updatesFrom = (x: number) => gradients.map((gradient, k) => trainLocally(x, counts[k]!, gradient) - x);
    expectPrinted(
      fixedPointOf((x) => serverStep("FedAvg", x, mean(updatesFrom(x)))),
      0.630702,
    );
    const novaRound = (x: number) => {
      const divided = updatesFrom(x).map((update, k) => update / norms[k]!);
      return serverStep("FedNova", x, mean(divided), { localStepNorm: mean(norms) });
    };
    expectPrinted(fixedPointOf(novaRound), 1.643241);
  });
});

describe("DiLoCo's limits", () => {
  const outer = { serverLearningRate: "1", momentum: "0" };
  const diLoCoStep = (x: number, update: number) => {
    const optimiser = serverOptimiserByName("DiLoCo");
    const state = { momentum: new Float64Array(1) };
    const input = { base: Float64Array.of(x), meanUpdate: Float64Array.of(update), state, round: 0 };
    return optimiser.step({ ...input, parameters: parseParameters(optimiser, outer) }).model[0]!;
  };

  it("one round with outer rate 1 and momentum 0 is the mean of the trained models: a model soup", () => {
    const ends = gradients.map((gradient) => trainLocally(4, 30, gradient));
    expect(diLoCoStep(4, mean(ends.map((end) => end - 4)))).toBeCloseTo(mean(ends), 14);
  });

  it("one inner SGD step a round is training on all data at once, step for step", () => {
    const all = (y: number) => mean(gradients.map((gradient) => gradient(y)));
    let [x, together] = [-3, -3];
    for (let round = 0; round < 60; round++) {
      x = diLoCoStep(x, mean(gradients.map((gradient) => trainLocally(x, 1, gradient) - x)));
      together = trainLocally(together, 1, all);
      expect(x).toBeCloseTo(together, 13);
    }
    expect(x).toBeCloseTo(1.5, 3);
  });
});
