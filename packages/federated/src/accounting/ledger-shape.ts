import { requireArgument } from "../errors.ts";

/** What a field of a ledger holds; every kind is the same when it is read back from JSON. */
type Kind = "string" | "count" | "number";
type Fields = Readonly<Record<string, Kind>>;

const boundOf = { string: "a string", count: "an integer from 0, not -0", number: "a number, not -0" } as const;
const ledgerFields = ["entries", "terms", "termsHash"];
const entryFields: Fields = {
  sequence: "count",
  job: "string",
  round: "count",
  attempt: "count",
  epsilonAfter: "number",
  previousHash: "string",
  hash: "string",
};
const eventFields: Readonly<Record<string, Fields>> = {
  SampledGaussian: { kind: "string", samplingRate: "number", noiseMultiplier: "number", steps: "count" },
  Skellam: { kind: "string", sensitivityL2: "number", sensitivityL1: "number", variance: "number", steps: "count" },
};

/** Fields of a ledger's terms. */
export const termsFields: Fields = {
  dataset: "string",
  unit: "string",
  epsilonBudget: "number",
  deltaDp: "number",
  accountant: "string",
};

/** Whether a value has the fields of a privacy ledger and no others; its entries are looked at by {@link isEntryShape}. */
export function isLedgerShape(value: unknown): boolean {
  if (!isRecord(value) || !hasExactly(value, ledgerFields)) return false;
  return Array.isArray(value.entries) && typeof value.termsHash === "string" && fits(value.terms, termsFields);
}

/** Whether a value has the fields of a ledger entry, each of its kind, and no others: what is not hashed must not be there. */
export function isEntryShape(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { event, ...rest } = value;
  const fields = fieldsOfEvent(event);
  return fields !== undefined && fits(event, fields) && fits(rest, entryFields);
}

/** Refuses a value without exactly these fields, or with a field of another kind; throws ArgumentError naming the field. */
export function requireFields(argument: string, value: object, fields: Fields): void {
  const names = Object.keys(fields);
  const found = Object.keys(value).join(", ");
  requireArgument(hasExactly(value, names), `fields of ${argument}`, found, `${names.join(", ")} and no others`);
  for (const [field, kind] of Object.entries(fields)) {
    const own: unknown = (value as Readonly<Record<string, unknown>>)[field];
    // Not every object has a text.
    const told = typeof own === "object" ? typeof own : own;
    requireArgument(isOfKind(own, kind), `${argument}.${field}`, told, boundOf[kind]);
  }
}

/** Refuses what is no event with the fields of its kind and no others; throws ArgumentError. */
export function requireEventFields(argument: string, event: unknown): void {
  requireArgument(isRecord(event), argument, typeof event, "an event");
  const fields = fieldsOfEvent(event);
  const names = Object.keys(eventFields);
  const kind = typeof event.kind === "string" ? event.kind : typeof event.kind;
  requireArgument(fields !== undefined, `${argument}.kind`, kind, names.join(" or "));
  requireFields(argument, event, fields);
}

function fieldsOfEvent(event: unknown): Fields | undefined {
  const kind = isRecord(event) ? event.kind : undefined;
  return typeof kind === "string" && Object.hasOwn(eventFields, kind) ? eventFields[kind] : undefined;
}

function fits(value: unknown, fields: Fields): boolean {
  if (!isRecord(value) || !hasExactly(value, Object.keys(fields))) return false;
  return Object.entries(fields).every(([field, kind]) => isOfKind(value[field], kind));
}

function isOfKind(value: unknown, kind: Kind): boolean {
  if (kind === "count") return Number.isSafeInteger(value) && !Object.is(value, -0) && (value as number) >= 0;
  return typeof value === kind && !Object.is(value, -0);
}

function hasExactly(value: object, fields: readonly string[]): boolean {
  const found = Object.keys(value);
  return found.length === fields.length && fields.every((field) => Object.hasOwn(value, field));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
