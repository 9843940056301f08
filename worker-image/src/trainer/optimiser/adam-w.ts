/** Settings of AdamW. */
export type AdamWSettings = {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
};

/** Moments of AdamW. A step makes new ones and leaves the old ones as they were. */
export type AdamWState = {
  /** Steps taken. */
  readonly steps: number;
  readonly firstMoments: Float32Array;
  readonly secondMoments: Float32Array;
};

/** The state before the first step. */
export function initialAdamWState(parameterCount: number): AdamWState {
  return { steps: 0, firstMoments: new Float32Array(parameterCount), secondMoments: new Float32Array(parameterCount) };
}

/**
 * One step of AdamW (Loshchilov and Hutter 2019, algorithm 2, with the schedule factor 1 and decay scaled by the learning rate, as in PyTorch).
 * @returns new parameters and state; the arguments are not changed
 */
export function adamWStep(
  parameters: Float32Array,
  gradient: Float32Array,
  state: AdamWState,
  settings: AdamWSettings,
): { readonly parameters: Float32Array; readonly state: AdamWState } {
  const { learningRate, beta1, beta2, epsilon, weightDecay } = settings;
  const steps = state.steps + 1;
  const correction1 = 1 - beta1 ** steps;
  const correction2 = Math.sqrt(1 - beta2 ** steps);
  const firstMoments = new Float32Array(parameters.length);
  const secondMoments = new Float32Array(parameters.length);
  const moved = new Float32Array(parameters.length);
  for (let index = 0; index < parameters.length; index++) {
    const slope = gradient[index]!;
    const first = beta1 * state.firstMoments[index]! + (1 - beta1) * slope;
    const second = beta2 * state.secondMoments[index]! + (1 - beta2) * slope * slope;
    firstMoments[index] = first;
    secondMoments[index] = second;
    const decayed = parameters[index]! * (1 - learningRate * weightDecay);
    moved[index] = decayed - (learningRate * first) / correction1 / (Math.sqrt(second) / correction2 + epsilon);
  }
  return { parameters: moved, state: { steps, firstMoments, secondMoments } };
}
