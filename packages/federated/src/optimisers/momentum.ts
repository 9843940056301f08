import { strategyRules } from "@tributary/contracts/fields";
import { emptyLike, requireStepInput, requireStepOutput, type ServerOptimiser } from "./server-optimiser.ts";

/**
 * FedAvgM: `m <- momentum * m + G`, `x <- x - serverLearningRate * m` with G the negated mean update
 * (Hsu et al., arXiv 1909.06335). The momentum starts at 0, so the first round moves by G.
 */
export const fedAvgM: ServerOptimiser = {
  name: "FedAvgM",
  parameters: strategyRules.FedAvgM,
  stateSlots: [{ name: "momentum", initialValue: () => 0 }],
  extraMeans: [],
  step(input) {
    requireStepInput(fedAvgM, input);
    const { base, meanUpdate, parameters } = input;
    const rate = parameters.serverLearningRate!;
    const decay = parameters.momentum!;
    const before = input.state.momentum!;
    const model = emptyLike(base);
    const momentum = emptyLike(base);
    for (let i = 0; i < model.length; i++) {
      const kept = decay * before[i]! - meanUpdate[i]!;
      momentum[i] = kept;
      model[i] = base[i]! - rate * kept;
    }
    return requireStepOutput({ model, state: { momentum } });
  },
};

/**
 * DiLoCo's outer optimiser, Nesterov momentum in PyTorch's form: `b <- momentum * b + G`,
 * `x <- x - serverLearningRate * (G + momentum * b)` with G the negated mean update (Douillard et al.,
 * arXiv 2311.08105, algorithm 1). Rate 1 and momentum 0 give FedAvg.
 */
export const diLoCo: ServerOptimiser = {
  name: "DiLoCo",
  parameters: strategyRules.DiLoCo,
  stateSlots: [{ name: "momentum", initialValue: () => 0 }],
  extraMeans: [],
  step(input) {
    requireStepInput(diLoCo, input);
    const { base, meanUpdate, parameters } = input;
    const rate = parameters.serverLearningRate!;
    const decay = parameters.momentum!;
    const before = input.state.momentum!;
    const model = emptyLike(base);
    const momentum = emptyLike(base);
    for (let i = 0; i < model.length; i++) {
      const update = meanUpdate[i]!;
      const kept = decay * before[i]! - update;
      momentum[i] = kept;
      model[i] = base[i]! - rate * (decay * kept - update);
    }
    return requireStepOutput({ model, state: { momentum } });
  },
};
