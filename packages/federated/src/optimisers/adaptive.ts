import { strategyRules } from "@tributary/contracts/fields";
import type { OptimiserParameters } from "./parameters.ts";
import {
  emptyLike,
  type FloatVector,
  requireStepInput,
  requireStepOutput,
  type ServerOptimiser,
} from "./server-optimiser.ts";

/** Next second moment of one coordinate from the one before and the squared mean update. */
type SecondMomentRule = (before: number, squared: number, beta2: number) => number;

const stateSlots = [
  { name: "firstMoment", initialValue: () => 0 },
  { name: "secondMoment", initialValue: ({ tau }: OptimiserParameters) => tau! * tau! },
];

/**
 * The adaptive family of Reddi et al. (ICLR 2021, arXiv 2003.00295, algorithm 2):
 * `m <- beta1 m + (1 - beta1) D`, v by the rule of the member, `x <- x + serverLearningRate * m / (sqrt(v) + tau)`
 * with D the mean update, m = 0 and v = tau² before the first round, no bias correction.
 */
function adaptive(name: "FedAdagrad" | "FedAdam" | "FedYogi", nextSecondMoment: SecondMomentRule) {
  const optimiser: ServerOptimiser = {
    name,
    parameters: strategyRules[name],
    stateSlots,
    extraMeans: [],
    step<V extends FloatVector>(input: Parameters<typeof requireStepInput<V>>[1]) {
      requireStepInput(optimiser, input);
      const { base, meanUpdate, state } = input;
      const { serverLearningRate: rate, beta1, beta2, tau } = input.parameters as Record<string, number>;
      const firstBefore = state.firstMoment!;
      const secondBefore = state.secondMoment!;
      const model = emptyLike(base);
      const firstMoment = emptyLike(base);
      const secondMoment = emptyLike(base);
      for (let i = 0; i < model.length; i++) {
        const update = meanUpdate[i]!;
        const first = beta1! * firstBefore[i]! + (1 - beta1!) * update;
        const second = nextSecondMoment(secondBefore[i]!, update * update, beta2!);
        firstMoment[i] = first;
        secondMoment[i] = second;
        model[i] = base[i]! + (rate! * first) / (Math.sqrt(second) + tau!);
      }
      return requireStepOutput({ model, state: { firstMoment, secondMoment } });
    },
  };
  return optimiser;
}

/** FedAdagrad: `v <- v + D²`. Learning rate 0.1, beta1 0.9, tau 1e-3 by default. */
export const fedAdagrad: ServerOptimiser = adaptive("FedAdagrad", (before, squared) => before + squared);

/** FedAdam in the paper's form: `v <- beta2 v + (1 - beta2) D²`. beta2 0.99 by default, the rest as FedAdagrad. */
export const fedAdam: ServerOptimiser = adaptive(
  "FedAdam",
  (before, squared, beta2) => beta2 * before + (1 - beta2) * squared,
);

/** FedYogi: `v <- v - (1 - beta2) D² sign(v - D²)`. Defaults as FedAdam. */
export const fedYogi: ServerOptimiser = adaptive(
  "FedYogi",
  (before, squared, beta2) => before - (1 - beta2) * squared * Math.sign(before - squared),
);
