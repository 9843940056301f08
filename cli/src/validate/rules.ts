import { schemaRules, uniqueLists } from "@tributary/contracts";
import { showValue } from "@tributary/contracts/fields";
import { type Finding, isRecord, join } from "../finding.ts";
import { evaluateRule } from "./cel.ts";
import { describeField } from "./describe-field.ts";

/** Entries of lists that an earlier entry has too, where a CRD wants them to differ. */
export function repeatedEntries(root: unknown, kind: string): Finding[] {
  return (uniqueLists[kind] ?? []).flatMap(({ path, keys }) =>
    valuesAt(root, path, "").flatMap(({ value, field }) => {
      const seen = new Set<string>();
      return (value as unknown[]).flatMap((item, index) => {
        const [key] = keys;
        const told = keys.length === 0 ? item : keys.map((name) => (item as Record<string, unknown>)[name]);
        const text = JSON.stringify(told);
        if (!seen.has(text)) {
          seen.add(text);
          return [];
        }
        const at = `${field}[${index}]`;
        const shown = showValue(keys.length === 1 ? (told as unknown[])[0] : told);
        const message = `is ${shown}, which an earlier entry has; must be unique`;
        return [{ path: key === undefined ? at : join(at, key), message }];
      });
    }),
  );
}

/** CEL rules of a CRD that an object breaks. */
export function brokenRules(root: unknown, kind: string): Finding[] {
  return (schemaRules[kind] ?? []).flatMap(({ path, rule, message, fieldPath = "" }) =>
    valuesAt(root, path, "").flatMap(({ value, field }) =>
      ruleFindings(rule, value, { path: `${field}${fieldPath}`, value: subjectOf(value, path, fieldPath), message }),
    ),
  );
}

/** A rule that cannot be evaluated refuses the object in the API server too. */
function ruleFindings(rule: string, self: unknown, broken: Finding & { readonly value: unknown }): Finding[] {
  const { path, value, message } = broken;
  const said = typeof value === "object" || value === undefined ? message : describeField(path, value, message);
  try {
    return evaluateRule(rule, self) ? [] : [{ path, message: said }];
  } catch {
    return [{ path, message: said }];
  }
}

/** The value that a rule's message is about. */
function subjectOf(self: unknown, path: readonly string[], fieldPath: string): unknown {
  const fields = path.length === 0 ? ["metadata", "name"] : fieldPath.split(".").slice(1);
  return fields.reduce<unknown>((value, name) => (isRecord(value) ? value[name] : undefined), self);
}

function valuesAt(value: unknown, path: readonly string[], field: string): { value: unknown; field: string }[] {
  const [head, ...rest] = path;
  if (value === undefined) return [];
  if (head === undefined) return [{ value, field: field === "" ? "metadata.name" : field }];
  if (head === "*") return (value as unknown[]).flatMap((item, index) => valuesAt(item, rest, `${field}[${index}]`));
  return valuesAt((value as Record<string, unknown>)[head], rest, join(field, head));
}
