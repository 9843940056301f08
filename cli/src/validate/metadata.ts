import { readLabel, readObjectName } from "@tributary/contracts/fields";
import { type Finding, isRecord, join } from "../finding.ts";
import { describeField, describeHolder, showScalar } from "./describe-field.ts";
import { ownerFindings } from "./owner-references.ts";

type Check = (path: string, value: unknown) => Finding[];

const text = typed("a text", (value) => typeof value === "string");
const whole = typed("a whole number", (value) => Number.isInteger(value) && Math.abs(value as number) < 2 ** 63);
const bool = typed("true or false", (value) => typeof value === "boolean");
const time = typed("a time such as 2026-01-01T00:00:00Z", isTime);
const namePart = /^(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/u;

/** Fields of `ObjectMeta` of the Kubernetes API that a manifest may hold. */
const objectMeta: Readonly<Record<string, Check>> = {
  name: text,
  generateName: text,
  namespace: (path, value) => (value === "" ? [] : readable(readLabel)(path, value)),
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
  managedFields: listOf(
    objectOf({
      manager: text,
      operation: text,
      apiVersion: text,
      time,
      fieldsType: text,
      fieldsV1: (path, value) => (isRecord(value) ? [] : [noHolder(path, value, "an object")]),
      subresource: text,
    }),
  ),
};

/** Most bytes of all annotations together, names and values. */
const maxAnnotationBytes = 262_144;

/** Everything wrong with the metadata of an object that is to be applied. */
export function checkMetadata(metadata: unknown, isNamespaced = true): Finding[] {
  if (metadata === undefined) return [{ path: "metadata.name", message: "is absent; must be the name of the object" }];
  const fields = isNamespaced ? objectMeta : { ...objectMeta, namespace: text };
  const findings = objectOf(fields)("metadata", metadata);
  if (!isRecord(metadata)) return findings;
  const whole = findings.length > 0 ? [] : wholeFindings(metadata);
  if (findings.some(({ path }) => path === "metadata.name")) return findings;
  return [...findings, ...whole, ...checkName(metadata)];
}

/** What is wrong with fields that are right one by one. */
function wholeFindings(metadata: Readonly<Record<string, unknown>>): Finding[] {
  const { annotations = {}, finalizers = [], ownerReferences = [], generateName, name } = metadata;
  const bytes = Object.entries(annotations as Record<string, string>)
    .flat()
    .reduce((sum, part) => sum + Buffer.byteLength(part), 0);
  const both = ["orphan", "foregroundDeletion"].every((each) => (finalizers as string[]).includes(each));
  const prefix = typeof generateName === "string" ? generateName.replace(/(?<=.)-$/u, "a") : "";
  return [
    ...(bytes > maxAnnotationBytes
      ? [{ path: "metadata.annotations", message: `have ${bytes} bytes; must have at most ${maxAnnotationBytes}` }]
      : []),
    ...(both
      ? [{ path: "metadata.finalizers", message: "hold orphan and foregroundDeletion; must be one of them" }]
      : []),
    ...(name !== undefined && prefix !== "" ? readable(readObjectName)("metadata.generateName", prefix) : []),
    ...ownerFindings("metadata.ownerReferences", ownerReferences as unknown[]),
  ];
}

/** RFC 3339 as Go reads it: days and hours that there are, and a comma before fractions too. */
function isTime(value: unknown): boolean {
  if (typeof value !== "string") return false;
  const form = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,]\d+)?(?:Z|[-+]([01]\d|2[0-3]):[0-5]\d)$/u.exec(value);
  if (form === null) return false;
  const [year, month, day, hour, minute, second] = form.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return month >= 1 && month <= 12 && day >= 1 && day <= days && hour <= 23 && minute <= 59 && second <= 59;
}

function checkName({ name, generateName }: Readonly<Record<string, unknown>>): Finding[] {
  if (typeof name === "string" && name !== "") return readable(readObjectName)("metadata.name", name);
  if (generateName === undefined)
    return [{ path: "metadata.name", message: "is absent; must be the name of the object" }];
  const message = `is ${showScalar(generateName)}, which kubectl apply does not take; write metadata.name`;
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
    if (!isRecord(value)) return [noHolder(path, value, "an object")];
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
      : [noHolder(path, value, "a list")];
}

const wrongKey = "must have a name of at most 63 letters, digits, -, _ and ., after a DNS name and / if any";

function mapOf(check: Check, isKey: (key: string) => boolean): Check {
  return (path, value) => {
    if (!isRecord(value)) return [noHolder(path, value, "an object of texts")];
    return Object.entries(value).flatMap(([key, child]) => [
      ...(isKey(key) ? [] : [{ path: join(path, key), message: wrongKey }]),
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
  return { path, message: describeField(path, value, `must be ${expected}`) };
}

function noHolder(path: string, value: unknown, expected: string): Finding {
  return { path, message: describeHolder(value, `must be ${expected}`) };
}
