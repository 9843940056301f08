import { strategyRules } from "@tributary/contracts/fields";
import { emptyLike, requireStepInput, requireStepOutput, type ServerOptimiser } from "./server-optimiser.ts";

/**
 * FedAvg: `x <- x + serverLearningRate * mean update` (McMahan et al., AISTATS 2017, algorithm 1).
 *
 * At the default rate 1 the model moves to the mean of the parties' models. FedProx has the same server step.
 */
export const fedAvg: ServerOptimiser = {
  name: "FedAvg",
  parameters: strategyRules.FedAvg,
  stateSlots: [],
  extraMeans: [],
  step(input) {
    requireStepInput(fedAvg, input);
    const { base, meanUpdate, parameters } = input;
    const rate = parameters.serverLearningRate!;
    const model = emptyLike(base);
    for (let i = 0; i < model.length; i++) model[i] = base[i]! + rate * meanUpdate[i]!;
    return requireStepOutput({ model, state: {} });
  },
};
