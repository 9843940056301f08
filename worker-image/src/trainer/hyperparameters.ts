import { TributaryError } from "@tributary/kit";

/** What a numeric hyperparameter may be. */
export type NumberRule = {
  /** Value when the job sets none. */
  readonly fallback: number;
  readonly min: number;
  readonly max: number;
  /** Whether only whole numbers are accepted. */
  readonly whole?: boolean;
};

const decimal = /^-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

function invalid(name: string, message: string): TributaryError {
  return new TributaryError("TRAINER_HYPERPARAMETER_INVALID", `hyperparameter ${name} ${message}`, {
    details: { name },
  });
}

/**
 * Reads the numbers that a program knows.
 * @param given hyperparameters of the job, decimals as strings
 * @throws TributaryError for an unknown name (with the known ones) or a value outside its rule
 */
export function readHyperparameters<K extends string>(
  given: Readonly<Record<string, string>>,
  rules: Readonly<Record<K, NumberRule>>,
): Record<K, number> {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(rules, name))
      throw invalid(name, `is unknown; this task knows ${Object.keys(rules).join(", ")}`);
  }
  const names = Object.keys(rules) as K[];
  return Object.fromEntries(names.map((name) => [name, readNumber(name, given[name], rules[name])])) as Record<
    K,
    number
  >;
}

function readNumber(name: string, text: string | undefined, rule: NumberRule): number {
  if (text === undefined) return rule.fallback;
  const value = decimal.test(text) ? Number(text) : Number.NaN;
  const fits = value >= rule.min && value <= rule.max && (!rule.whole || Number.isInteger(value));
  if (fits) return value;
  const kind = rule.whole ? "a whole number" : "a number";
  throw invalid(name, `is ${JSON.stringify(text)}, expected ${kind} from ${rule.min} to ${rule.max}`);
}
