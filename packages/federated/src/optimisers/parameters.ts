import { requireDecimal } from "../convergence/decimal.ts";
import { ArgumentError } from "../errors.ts";

/** Values of an optimiser's parameters by name. */
export type OptimiserParameters = Readonly<Record<string, number>>;

/** One parameter of an optimiser: its default and the values it may have. */
export interface ParameterSpec {
  readonly name: string;
  /** Used when the job names no value. */
  readonly defaultValue: number;
  /** Whether a value is accepted. */
  readonly accepts: (value: number) => boolean;
  /** The same in words, for errors and docs. */
  readonly bound: string;
}

/** A parameter that scales a step: above 0, at most 1,000. */
export function learningRate(defaultValue: number, name = "serverLearningRate"): ParameterSpec {
  return { name, defaultValue, accepts: (value) => value > 0 && value <= 1000, bound: "> 0 and <= 1000" };
}

/** A parameter that keeps a share of the state: from 0 to below 1. */
export function decayRate(name: string, defaultValue: number): ParameterSpec {
  return { name, defaultValue, accepts: (value) => value >= 0 && value < 1, bound: ">= 0 and < 1" };
}

/**
 * Reads parameters from the API's decimal strings; the defaults fill the rest.
 *
 * @param texts `spec.strategy.parameters`.
 * @throws ArgumentError for a name the optimiser does not have (it lists those it has), a text that is no decimal, or
 * a value outside its bound.
 */
export function parseParameters(
  { name, parameters }: { readonly name: string; readonly parameters: readonly ParameterSpec[] },
  texts: Readonly<Record<string, string>> = {},
): OptimiserParameters {
  const known = parameters.map((parameter) => parameter.name);
  for (const given of Object.keys(texts)) {
    if (!known.includes(given)) {
      throw new ArgumentError(`${name}.parameters`, given, `one of ${known.join(", ")}`);
    }
  }
  return Object.fromEntries(parameters.map((parameter) => [parameter.name, readValue(name, parameter, texts)]));
}

function readValue(optimiser: string, parameter: ParameterSpec, texts: Readonly<Record<string, string>>): number {
  const text = texts[parameter.name];
  if (text === undefined) return parameter.defaultValue;
  const argument = `${optimiser}.parameters.${parameter.name}`;
  requireDecimal(argument, text);
  const value = Number(text);
  if (!Number.isFinite(value) || !parameter.accepts(value)) throw new ArgumentError(argument, text, parameter.bound);
  return value;
}
