import { decimalExpected, readDecimal } from "./decimal.ts";
import { accept, type Reading, refuse } from "./finding.ts";

/** What a numeric setting may be, and what it is when left out. */
export interface NumberRule {
  /** Value when nothing is given. */
  readonly fallback: number;
  /** Smallest value. */
  readonly min: number;
  /** Largest value. */
  readonly max: number;
  /** Whether the value must lie above `min`. */
  readonly aboveMin?: boolean;
  /** Whether the value must lie below `max`. */
  readonly belowMax?: boolean;
  /** Whether only whole numbers are accepted. */
  readonly whole?: boolean;
}

/** Rules of settings by their name. */
export type NumberRules = Readonly<Record<string, NumberRule>>;

/** One setting that breaks its rule, or that nobody knows. */
export interface NumberFinding {
  /** Name of the setting. */
  readonly name: string;
  /** What was given. */
  readonly value: unknown;
  /** What would be right. */
  readonly expected: string;
  /** Whether there is no setting of this name. */
  readonly isUnknown: boolean;
}

/** Reads one number by its rule. */
export function readNumber(text: string, rule: NumberRule): Reading<number> {
  const reading = readDecimal(text);
  if (!reading.ok) return refuse(isClosed(rule) ? boundOf(rule) : `${decimalExpected}, ${boundOf(rule)}`);
  const { value } = reading;
  const fits =
    (rule.aboveMin === true ? value > rule.min : value >= rule.min) &&
    (rule.belowMax === true ? value < rule.max : value <= rule.max) &&
    (rule.whole !== true || Number.isInteger(value));
  return fits ? accept(value) : refuse(boundOf(rule));
}

/** Reads settings by their rules: every value with the fallbacks filled in, or everything that is wrong. */
export function readNumbers<K extends string>(
  given: Readonly<Record<string, string | number>>,
  rules: Readonly<Record<K, NumberRule>>,
): { readonly values: Readonly<Record<K, number>>; readonly findings: readonly NumberFinding[] } {
  const names = Object.keys(rules) as K[];
  const findings: NumberFinding[] = Object.keys(given)
    .filter((name) => !Object.hasOwn(rules, name))
    .map((name) => ({
      name,
      value: given[name],
      expected: `absent: only ${names.join(", ")} ${names.length === 1 ? "is" : "are"} known`,
      isUnknown: true,
    }));
  const values = {} as Record<K, number>;
  for (const name of names) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    const reading = value === undefined ? accept(rules[name].fallback) : readNumber(String(value), rules[name]);
    if (reading.ok) values[name] = reading.value;
    else findings.push({ name, value, expected: reading.expected, isUnknown: false });
  }
  return { values, findings };
}

function isClosed(rule: NumberRule): boolean {
  return rule.aboveMin !== true && rule.belowMax !== true;
}

function boundOf(rule: NumberRule): string {
  if (isClosed(rule)) return `${rule.whole === true ? "a whole number" : "a number"} from ${rule.min} to ${rule.max}`;
  return `${rule.aboveMin === true ? ">" : ">="} ${rule.min} and ${rule.belowMax === true ? "<" : "<="} ${rule.max}`;
}
