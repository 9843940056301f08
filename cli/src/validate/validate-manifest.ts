import {
  type FederatedTrainingJob,
  groupVersion,
  type SchemaFinding,
  type SchemaValidator,
  schemaRules,
  validateFederatedTrainingJob,
  validateMemberCluster,
  validateTrainingRound,
} from "@tributary/contracts";
import { checkJobSpec, showValue } from "@tributary/contracts/fields";
import { evaluateRule } from "./cel.ts";

/** One thing wrong with a manifest. */
export interface Finding {
  /** Field, as `spec.participants[0].workers`. */
  readonly path: string;
  /** What is wrong and what would be right. */
  readonly message: string;
}

const validators: Readonly<Record<string, SchemaValidator>> = {
  FederatedTrainingJob: validateFederatedTrainingJob,
  MemberCluster: validateMemberCluster,
  TrainingRound: validateTrainingRound,
};

/**
 * Everything wrong with one manifest by the rules of the CRDs: schema, unknown fields, CEL rules, keys of map lists.
 * The manifest is not changed. Empty when the API server would take it.
 */
export function validateManifest(manifest: unknown): Finding[] {
  if (!isRecord(manifest)) return [{ path: "", message: "must be an object with apiVersion and kind" }];
  const { apiVersion, kind } = manifest;
  if (apiVersion !== groupVersion)
    return [{ path: "apiVersion", message: `is ${show(apiVersion)}; must be ${groupVersion}` }];
  const validator = typeof kind === "string" && Object.hasOwn(validators, kind) ? validators[kind] : undefined;
  if (validator === undefined) {
    return [{ path: "kind", message: `is ${show(kind)}; must be one of ${Object.keys(validators).join(", ")}` }];
  }
  const defaulted = structuredClone(manifest);
  if (!validator(defaulted)) return (validator.errors ?? []).map((error) => describe(error, defaulted));
  const rules = brokenRules(defaulted, kind as string);
  const fields = wrongFields(defaulted, kind as string).filter(({ path }) => !rules.some((rule) => rule.path === path));
  return [...duplicateKeys(defaulted, kind as string), ...rules, ...fields];
}

/** What the operator would refuse at acceptance. */
function wrongFields(root: unknown, kind: string): Finding[] {
  if (kind !== "FederatedTrainingJob") return [];
  return checkJobSpec((root as FederatedTrainingJob).spec).map(({ path, value, expected }) => ({
    path,
    message: `is ${showValue(value)}; must be ${expected}`,
  }));
}

function describe(error: SchemaFinding, root: unknown): Finding {
  const path = fieldOf(error.instancePath);
  const value = show(valueAt(root, error.instancePath));
  switch (error.keyword) {
    case "additionalProperties":
      return { path: join(path, String(error.params.additionalProperty)), message: "is not a field of this kind" };
    case "required":
      return { path: join(path, String(error.params.missingProperty)), message: "is required" };
    case "enum":
      return {
        path,
        message: `is ${value}; must be one of ${(error.params.allowedValues as unknown[]).join(", ")}`,
      };
    default:
      return { path, message: `is ${value}; ${error.message ?? error.keyword}` };
  }
}

const mapLists: Readonly<Record<string, readonly { path: readonly string[]; key: string }[]>> = {
  FederatedTrainingJob: [{ path: ["spec", "participants"], key: "name" }],
  MemberCluster: [{ path: ["spec", "namespaces"], key: "hub" }],
};

function duplicateKeys(root: unknown, kind: string): Finding[] {
  return (mapLists[kind] ?? []).flatMap(({ path, key }) => {
    const list = path.reduce<unknown>((value, name) => (isRecord(value) ? value[name] : undefined), root);
    if (!Array.isArray(list)) return [];
    const seen = new Set<unknown>();
    return list.flatMap((item, index) => {
      const value = (item as Record<string, unknown>)[key];
      if (!seen.has(value)) {
        seen.add(value);
        return [];
      }
      return [
        {
          path: `${path.join(".")}[${index}].${key}`,
          message: `is ${show(value)}, which an earlier entry has; must be unique`,
        },
      ];
    });
  });
}

function brokenRules(root: unknown, kind: string): Finding[] {
  return (schemaRules[kind] ?? []).flatMap(({ path, rule, message, fieldPath = "" }) =>
    valuesAt(root, path, "").flatMap(({ value, field }) =>
      evaluateRule(rule, value) ? [] : [{ path: `${field}${fieldPath}`, message }],
    ),
  );
}

function valuesAt(value: unknown, path: readonly string[], field: string): { value: unknown; field: string }[] {
  const [head, ...rest] = path;
  if (value === undefined) return [];
  if (head === undefined) return [{ value, field: field === "" ? "metadata.name" : field }];
  if (head === "*") return (value as unknown[]).flatMap((item, index) => valuesAt(item, rest, `${field}[${index}]`));
  return valuesAt((value as Record<string, unknown>)[head], rest, join(field, head));
}

function valueAt(root: unknown, pointer: string): unknown {
  return pointer
    .split("/")
    .slice(1)
    .reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[unescapePointer(part)], root);
}

function fieldOf(pointer: string): string {
  return pointer
    .split("/")
    .slice(1)
    .map(unescapePointer)
    .reduce((path, part) => (/^\d+$/u.test(part) ? `${path}[${part}]` : join(path, part)), "");
}

function unescapePointer(part: string): string {
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function show(value: unknown): string {
  return value === undefined ? "missing" : (JSON.stringify(value) ?? String(value)).slice(0, 120);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
