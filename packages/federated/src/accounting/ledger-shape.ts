type Kind = "string" | "count" | "number";

const ledgerFields = ["entries", "terms", "termsHash"];
const terms = {
  dataset: "string",
  unit: "string",
  epsilonBudget: "number",
  deltaDp: "number",
  accountant: "string",
} as const;
const entry = {
  sequence: "count",
  job: "string",
  round: "count",
  attempt: "count",
  epsilonAfter: "number",
  previousHash: "string",
  hash: "string",
} as const;
const events: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  SampledGaussian: { kind: "string", samplingRate: "number", noiseMultiplier: "number", steps: "count" },
  Skellam: { kind: "string", sensitivityL2: "number", sensitivityL1: "number", variance: "number", steps: "count" },
};

/** Whether a value has the fields of a privacy ledger and no others; its entries are looked at by {@link isEntryShape}. */
export function isLedgerShape(value: unknown): boolean {
  if (!isRecord(value) || !hasExactly(value, ledgerFields)) return false;
  return Array.isArray(value.entries) && typeof value.termsHash === "string" && fits(value.terms, terms);
}

/** Whether a value has the fields of a ledger entry, each of its kind, and no others: what is not hashed must not be there. */
export function isEntryShape(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { event, ...rest } = value;
  const kind = isRecord(event) ? event.kind : undefined;
  const fields = typeof kind === "string" && Object.hasOwn(events, kind) ? events[kind] : undefined;
  return fields !== undefined && fits(event, fields) && fits(rest, entry);
}

function fits(value: unknown, kinds: Readonly<Record<string, Kind>>): boolean {
  if (!isRecord(value) || !hasExactly(value, Object.keys(kinds))) return false;
  return Object.entries(kinds).every(([field, kind]) => isOfKind(value[field], kind));
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
