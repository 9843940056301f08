import type { SchemaFinding, SchemaValidator } from "@tributary/contracts";
import { type Finding, isRecord, join } from "../finding.ts";
import { describeField, describeHolder } from "./describe-field.ts";
import { wrongFields } from "./wrong-fields.ts";

const holders = new Set<unknown>(["object", "array"]);

/** The API server drops a status that is applied with the spec, but its fields must exist. */
export function unknownStatus(validator: SchemaValidator, object: Readonly<Record<string, unknown>>): Finding[] {
  if (!isRecord(object.status)) return [];
  const whole = structuredClone(object);
  if (validator(whole)) return [];
  return (validator.errors ?? [])
    .filter(
      ({ keyword, instancePath }) => keyword === "additionalProperties" && /^\/status(?:\/|$)/u.test(instancePath),
    )
    .map((error) => describe(error, whole));
}

/** Everything wrong with an object by the schema of its kind. Fills in the defaults of `object` and drops its status. */
export function schemaFindings(validator: SchemaValidator, object: Record<string, unknown>, kind: string): Finding[] {
  delete object.status;
  if (validator(object)) return [];
  const errors = (validator.errors ?? []).filter(({ instancePath }) => !/^\/metadata(?:\/|$)/u.test(instancePath));
  const fields = errors.some(({ keyword }) => keyword === "pattern") ? fieldsInWords(object, kind) : [];
  return errors
    .map((error) => {
      const finding = describe(error, object);
      return (error.keyword === "pattern" ? fields.find(({ path }) => path === finding.path) : undefined) ?? finding;
    })
    .filter(({ path }) => path !== "metadata");
}

/** What the fields' own readers say instead of a pattern, as far as an object that is wrong elsewhere lets them. */
function fieldsInWords(object: unknown, kind: string): Finding[] {
  try {
    return wrongFields(object, kind);
  } catch {
    return [];
  }
}

function describe(error: SchemaFinding, root: unknown): Finding {
  const path = fieldOf(error.instancePath);
  const value = valueAt(root, error.instancePath);
  const say = (said: string): string => describeField(path, value, said);
  switch (error.keyword) {
    case "additionalProperties":
      return { path: join(path, String(error.params.additionalProperty)), message: "is not a field of this kind" };
    case "required":
      return { path: join(path, String(error.params.missingProperty)), message: "is required" };
    case "enum":
      return { path, message: say(`must be one of ${(error.params.allowedValues as unknown[]).join(", ")}`) };
    case "type":
      if (holders.has(error.params.type))
        return { path, message: describeHolder(value, `must be ${error.params.type}`) };
      return { path, message: say(error.message ?? error.keyword) };
    default:
      return { path, message: say(error.message ?? error.keyword) };
  }
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
