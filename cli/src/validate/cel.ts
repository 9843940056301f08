import { Environment } from "@marcbachmann/cel-js";

const environment = new Environment({ unlistedVariablesAreDyn: true }).registerFunction(
  "list.sum(): int",
  (list: readonly bigint[]) => list.reduce((total, value) => total + value, 0n),
);

/** Whether a CEL rule of a CRD holds for `self`. Throws when the rule cannot be evaluated. */
export function evaluateRule(rule: string, self: unknown): boolean {
  return environment.evaluate(rule, { self: toCel(self) }) === true;
}

/** CEL keeps integers and floating point apart; YAML's whole numbers are integers in every schema of ours. */
function toCel(value: unknown): unknown {
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  // Of the two letters that Go takes for micro, this CEL knows one.
  if (typeof value === "string") return value.replaceAll("\u03bc", "\u00b5");
  if (Array.isArray(value)) return value.map(toCel);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, toCel(child)]));
}
