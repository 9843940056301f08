import { describe, expect, it } from "vitest";
import { adamWStep, initialAdamWState } from "./adam-w.ts";
import { clipGradient } from "./clip-gradient.ts";

/** Parameters after each step of torch.optim.AdamW (PyTorch 2.15.0, float32) with the settings and gradients below. */
const torchSteps = [
  [0.48950010538101196, -0.9890000224113464, 1.9980000257492065, -0.009900989942252636],
  [0.4798493981361389, -0.9853440523147583, 1.9885774850845337, -0.009369984269142151],
  [0.47679299116134644, -0.9830183982849121, 1.9795682430267334, -0.00895779114216566],
];
const gradients = [
  [0.1, -2, 0, 1e-4],
  [0.3, 1, 0.5, -1e-4],
  [-0.2, 0.25, 4, 0],
];
const settings = { learningRate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-6, weightDecay: 0.1 };

describe("adamWStep", () => {
  it("takes the steps of PyTorch's AdamW", () => {
    let parameters: Float32Array = Float32Array.of(0.5, -1, 2, 0);
    let state = initialAdamWState(4);
    for (const [step, gradient] of gradients.entries()) {
      ({ parameters, state } = adamWStep(parameters, Float32Array.from(gradient), state, settings));
      expect(state.steps).toBe(step + 1);
      for (const [index, value] of parameters.entries()) expect(value).toBeCloseTo(torchSteps[step]![index]!, 6);
    }
  });

  it("leaves its arguments as they were, so that a step can be taken again", () => {
    const parameters = Float32Array.of(1, 2);
    const gradient = Float32Array.of(3, 4);
    const state = initialAdamWState(2);
    const first = adamWStep(parameters, gradient, state, settings);
    expect(adamWStep(parameters, gradient, state, settings)).toEqual(first);
    expect([...parameters, ...gradient, ...state.firstMoments]).toEqual([1, 2, 3, 4, 0, 0]);
  });
});

describe("clipGradient", () => {
  it.each([
    { name: "scales a long gradient to the bound", given: [3, 4], maxNorm: 1, wantNorm: 5, want: [0.6, 0.8] },
    { name: "leaves a short one alone", given: [0.3, 0.4], maxNorm: 1, wantNorm: 0.5, want: [0.3, 0.4] },
    { name: "leaves zero alone", given: [0, 0], maxNorm: 1, wantNorm: 0, want: [0, 0] },
  ])("$name", ({ given, maxNorm, wantNorm, want }) => {
    const gradient = Float32Array.from(given);
    expect(clipGradient(gradient, maxNorm)).toBeCloseTo(wantNorm, 6);
    for (const [index, value] of gradient.entries()) expect(value).toBeCloseTo(want[index]!, 6);
  });

  it("shows a component that is not finite in the norm", () => {
    expect(clipGradient(Float32Array.of(1, Number.NaN), 1)).toBeNaN();
    expect(clipGradient(Float32Array.of(1, Number.POSITIVE_INFINITY), 1)).toBe(Number.POSITIVE_INFINITY);
  });
});
