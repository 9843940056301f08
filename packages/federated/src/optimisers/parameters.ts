import { type NumberRules, readNumbers } from "@tributary/contracts/fields";
import { ArgumentError } from "../errors.ts";

/** Values of an optimiser's parameters by name. */
export type OptimiserParameters = Readonly<Record<string, number>>;

/**
 * Reads parameters from the API's decimal strings; the defaults fill the rest.
 *
 * @param texts `spec.strategy.parameters`.
 * @throws ArgumentError for a name the optimiser does not have (it lists those it has), a text that is no decimal, or
 * a value outside its bound.
 */
export function parseParameters(
  { name, parameters }: { readonly name: string; readonly parameters: NumberRules },
  texts: Readonly<Record<string, string>> = {},
): OptimiserParameters {
  const { values, findings } = readNumbers(texts, parameters);
  const [first] = findings;
  if (first === undefined) return values;
  if (first.isUnknown) {
    throw new ArgumentError(`${name}.parameters`, first.name, `one of ${Object.keys(parameters).join(", ")}`);
  }
  throw new ArgumentError(`${name}.parameters.${first.name}`, first.value, first.expected);
}
