import { learningRateRule } from "@tributary/contracts/fields";
import { requireArgument, requireInteger } from "../errors.ts";
import { emptyLike, requireStepInput, requireStepOutput, type ServerOptimiser } from "./server-optimiser.ts";

/** Name of the extra coordinate that FedNova needs: the weighted norm ‖a‖₁ of a party's local steps. */
export const LOCAL_STEP_NORM = "localStepNorm";

/** How a party ran its local steps. */
export interface LocalSteps {
  /** Local steps taken, at least 1. */
  readonly count: number;
  /** Momentum of the local optimiser, 0 to below 1; 0 when left out. */
  readonly momentum?: number;
  /** Proximal term mu times the local learning rate, 0 to below 1; 0 when left out. Not together with momentum. */
  readonly proximalRate?: number;
}

/**
 * ‖a‖₁ of a party's local steps (Wang et al., NeurIPS 2020, arXiv 2007.07481, section 4): the steps themselves for plain
 * SGD, `(tau - rho (1 - rho^tau)/(1 - rho))/(1 - rho)` with momentum rho, `(1 - (1 - c)^tau)/c` with c the proximal rate.
 *
 * @throws ArgumentError for a count below 1, a rate outside [0, 1), or momentum and proximal term together.
 */
export function localStepNorm({ count, momentum = 0, proximalRate = 0 }: LocalSteps): number {
  requireInteger("localSteps.count", count, 1, Number.MAX_SAFE_INTEGER);
  requireArgument(momentum >= 0 && momentum < 1, "localSteps.momentum", momentum, ">= 0 and < 1");
  requireArgument(proximalRate >= 0 && proximalRate < 1, "localSteps.proximalRate", proximalRate, ">= 0 and < 1");
  requireArgument(momentum === 0 || proximalRate === 0, "localSteps.proximalRate", proximalRate, "0 with momentum");
  if (proximalRate > 0) return -Math.expm1(count * Math.log1p(-proximalRate)) / proximalRate;
  if (momentum === 0) return count;
  return (count - (momentum * (1 - momentum ** count)) / (1 - momentum)) / (1 - momentum);
}

/**
 * FedNova: `x <- x + serverLearningRate * tau_eff * mean of (update / ‖a‖₁)` (Wang et al., NeurIPS 2020).
 *
 * A party divides its update by its own {@link localStepNorm} before it is quantised and reports the norm as the extra
 * coordinate `localStepNorm`. Both are means of sums, so masking hides each party's part: `meanUpdate` is the mean of the
 * divided updates, `extraMeans.localStepNorm` is tau_eff. Uniform weights; with sample weights both carry the weight.
 */
export const fedNova: ServerOptimiser = {
  name: "FedNova",
  parameters: { serverLearningRate: learningRateRule(1) },
  stateSlots: [],
  extraMeans: [LOCAL_STEP_NORM],
  step(input) {
    requireStepInput(fedNova, input);
    const { base, meanUpdate, parameters } = input;
    const effectiveSteps = input.extraMeans![LOCAL_STEP_NORM]!;
    requireArgument(effectiveSteps > 0, `extraMeans.${LOCAL_STEP_NORM}`, effectiveSteps, "> 0");
    const rate = parameters.serverLearningRate! * effectiveSteps;
    const model = emptyLike(base);
    for (let i = 0; i < model.length; i++) model[i] = base[i]! + rate * meanUpdate[i]!;
    return requireStepOutput({ model, state: {} });
  },
};
