import { type FieldFinding, showValue } from "./finding.ts";
import { type NumberRule, type NumberRules, readNumbers } from "./numbers.ts";

/** A parameter that scales a step: above 0, at most 1,000. */
export function learningRateRule(fallback: number): NumberRule {
  return { fallback, min: 0, max: 1000, aboveMin: true };
}

/** A parameter that keeps a share of the state: from 0 to below 1. */
export function decayRule(fallback: number): NumberRule {
  return { fallback, min: 0, max: 1, belowMax: true };
}

/** Added to the root of an adaptive step's second moment, which begins at its square: that must be above zero as a 32-bit float. */
const tau: NumberRule = { fallback: 1e-3, min: 1e-18, max: 1 };
const adaptive = { serverLearningRate: learningRateRule(0.1), beta1: decayRule(0.9) };

/** The strategies that a job can name, each with the parameters that it takes. */
export const strategyRules = {
  FedAvg: { serverLearningRate: learningRateRule(1) },
  FedAvgM: { serverLearningRate: learningRateRule(1), momentum: decayRule(0.9) },
  FedAdagrad: { ...adaptive, tau },
  FedAdam: { ...adaptive, beta2: decayRule(0.99), tau },
  FedYogi: { ...adaptive, beta2: decayRule(0.99), tau },
  DiLoCo: { serverLearningRate: learningRateRule(0.7), momentum: decayRule(0.9) },
} as const satisfies Readonly<Record<string, Readonly<Record<string, NumberRule>>>>;

/** Name of a strategy that a job can choose. */
export type StrategyName = keyof typeof strategyRules;

/** A strategy as the API writes it. */
export interface StrategySpec {
  /** Name of the strategy. */
  readonly name: string;
  /** Settings by name, decimals as texts. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

/** Everything wrong with a strategy at `path`: its name, a parameter that it does not take, a value out of bounds. */
export function checkStrategy(path: string, { name, parameters = {} }: StrategySpec): FieldFinding[] {
  if (!Object.hasOwn(strategyRules, name)) {
    return [{ path: `${path}.name`, value: name, expected: `one of ${Object.keys(strategyRules).join(", ")}` }];
  }
  const rules: NumberRules = strategyRules[name as StrategyName];
  const { findings } = readNumbers(parameters, rules);
  return findings.map((finding) => ({
    path: `${path}.parameters.${finding.name}`,
    value: finding.value,
    expected: finding.isUnknown ? `${finding.expected} to ${showValue(name)}` : finding.expected,
  }));
}
