import { readLabel, readObjectName, showValue } from "@tributary/contracts/fields";
import { type Finding, isRecord, join } from "../finding.ts";

type Check = (path: string, value: unknown) => Finding[];

const text = typed("a text", (value) => typeof value === "string");
const whole = typed("a whole number", Number.isInteger);
const bool = typed("true or false", (value) => typeof value === "boolean");
const time = typed(
  "a time such as 2026-01-01T00:00:00Z",
  (value) => typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)$/u.test(value),
);
const namePart = /^(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/u;

/** Fields of `ObjectMeta` of the Kubernetes API that a manifest may hold. */
const objectMeta: Readonly<Record<string, Check>> = {
  name: text,
  generateName: text,
  namespace: readable(readLabel),
  selfLink: text,
  uid: text,
  resourceVersion: text,
  generation: whole,
  creationTimestamp: time,
  deletionTimestamp: time,
  deletionGracePeriodSeconds: whole,
  labels: mapOf(labelValue, (key) => qualifiedName(key)),
  annotations: mapOf(text, (key) => qualifiedName(key.toLowerCase())),
  finalizers: listOf(finalizer),
  ownerReferences: listOf(
    objectOf({ apiVersion: text, kind: text, name: text, uid: text, controller: bool, blockOwnerDeletion: bool }, [
      "apiVersion",
      "kind",
      "name",
      "uid",
    ]),
  ),
  managedFields: listOf(typed("an object", isRecord)),
};

/** Everything wrong with the metadata of an object that is to be applied. */
export function checkMetadata(metadata: unknown): Finding[] {
  if (metadata === undefined) return [{ path: "metadata.name", message: "is absent; must be the name of the object" }];
  const findings = objectOf(objectMeta)("metadata", metadata);
  if (!isRecord(metadata) || findings.some(({ path }) => path === "metadata.name")) return findings;
  return [...findings, ...checkName(metadata)];
}

function checkName({ name, generateName }: Readonly<Record<string, unknown>>): Finding[] {
  if (typeof name === "string" && name !== "") return readable(readObjectName)("metadata.name", name);
  if (generateName === undefined)
    return [{ path: "metadata.name", message: "is absent; must be the name of the object" }];
  const message = `is ${showValue(generateName)}, which kubectl apply does not take; write metadata.name`;
  return [{ path: "metadata.generateName", message }];
}

function typed(expected: string, isRight: (value: unknown) => boolean): Check {
  return (path, value) => (isRight(value) ? [] : [wrong(path, value, expected)]);
}

function readable(read: (value: string) => { ok: true } | { ok: false; expected: string }): Check {
  return (path, value) => {
    if (typeof value !== "string") return text(path, value);
    const reading = read(value);
    return reading.ok ? [] : [wrong(path, value, reading.expected)];
  };
}

function objectOf(fields: Readonly<Record<string, Check>>, required: readonly string[] = []): Check {
  return (path, value) => {
    if (!isRecord(value)) return [wrong(path, value, "an object")];
    const missing = required
      .filter((name) => value[name] === undefined)
      .map((name) => wrong(join(path, name), undefined, "there"));
    const present = Object.entries(value).flatMap(
      ([name, child]) =>
        (Object.hasOwn(fields, name) ? fields[name] : undefined)?.(join(path, name), child) ?? [
          { path: join(path, name), message: "is not a field of this kind" },
        ],
    );
    return [...missing, ...present];
  };
}

function listOf(check: Check): Check {
  return (path, value) =>
    Array.isArray(value)
      ? value.flatMap((item, index) => check(`${path}[${index}]`, item))
      : [wrong(path, value, "a list")];
}

function mapOf(check: Check, isKey: (key: string) => boolean): Check {
  return (path, value) => {
    if (!isRecord(value)) return [wrong(path, value, "an object of texts")];
    return Object.entries(value).flatMap(([key, child]) => [
      ...(isKey(key)
        ? []
        : [
            wrong(
              join(path, key),
              child,
              "under a name of at most 63 letters, digits, -, _ and ., after a DNS name and / if any",
            ),
          ]),
      ...check(join(path, key), child),
    ]);
  };
}

function labelValue(path: string, value: unknown): Finding[] {
  if (typeof value !== "string") return text(path, value);
  const isRight = value === "" || (value.length <= 63 && namePart.test(value));
  return isRight ? [] : [wrong(path, value, "at most 63 letters, digits, -, _ and ., a letter or digit at both ends")];
}

function finalizer(path: string, value: unknown): Finding[] {
  if (typeof value !== "string") return text(path, value);
  return qualifiedName(value) ? [] : [wrong(path, value, "a name such as example.com/done")];
}

/** A name with or without a DNS name before it, as keys of labels are. */
function qualifiedName(key: string): boolean {
  const parts = key.split("/");
  const name = parts.at(-1) as string;
  if (parts.length > 2 || name.length > 63 || !namePart.test(name)) return false;
  return parts.length === 1 || readObjectName(parts[0] as string).ok;
}

function wrong(path: string, value: unknown, expected: string): Finding {
  return { path, message: `is ${showValue(value)}; must be ${expected}` };
}
