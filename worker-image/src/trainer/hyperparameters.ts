import { type NumberRule, readNumbers, showValue } from "@tributary/contracts/fields";
import { TributaryError } from "@tributary/kit";

/**
 * Reads the numbers that a program knows.
 * @param given hyperparameters of the job, decimals as strings
 * @throws TributaryError for an unknown name (with the known ones) or a value outside its rule
 */
export function readHyperparameters<K extends string>(
  given: Readonly<Record<string, string>>,
  rules: Readonly<Record<K, NumberRule>>,
): Readonly<Record<K, number>> {
  const { values, findings } = readNumbers(given, rules);
  const [first] = findings;
  if (first === undefined) return values;
  const why = first.isUnknown
    ? `is unknown; this task knows ${Object.keys(rules).join(", ")}`
    : `is ${showValue(first.value)}, expected ${first.expected}`;
  throw new TributaryError("TRAINER_HYPERPARAMETER_INVALID", `hyperparameter ${first.name} ${why}`, {
    details: { name: first.name },
  });
}
