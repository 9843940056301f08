import { accept, type Reading, refuse } from "./finding.ts";

const binaryPowers = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const decimalExponents: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  "": 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const quantityExpected = "a Kubernetes quantity such as 500m, 8, 1k, 10Gi or 1e3";
const quantity = /^([-+]?)([0-9]*)(?:\.([0-9]*))?(?:([eE][-+]?[0-9]{1,2})|([KMGTPE]i|[numkMGTPE]?))$/;
/** The smallest part of a quantity that Kubernetes keeps is a billionth. */
const nano = 9;

/** A Kubernetes quantity, exact. */
export interface Quantity {
  /** The quantity in billionths; what is smaller is rounded away from zero, as Kubernetes does. */
  readonly nano: bigint;
}

/** Reads a quantity in every form in which an API server writes one. */
export function readQuantity(text: string): Reading<Quantity> {
  const match = quantity.exec(text);
  const [, sign = "", whole = "", fraction = "", power, suffix = ""] = match ?? [];
  if (match === null || whole + fraction === "") return refuse(quantityExpected);
  const binary = binaryPowers.indexOf(suffix);
  const scaled = BigInt(whole + fraction) * 1024n ** BigInt(Math.max(binary, 0));
  const decimalExponent = power === undefined ? (decimalExponents[suffix] ?? 0) : Number(power.slice(1));
  const magnitude = shift(scaled, decimalExponent - fraction.length + nano);
  return accept({ nano: sign === "-" ? -magnitude : magnitude });
}

/** The quantity as a whole number, rounded up: what can be counted in devices or bytes. */
export function wholeQuantity({ nano: value }: Quantity): number {
  const unit = 10n ** BigInt(nano);
  return Number(value > 0n ? (value + unit - 1n) / unit : value / unit);
}

function shift(value: bigint, exponent: number): bigint {
  if (exponent >= 0) return value * 10n ** BigInt(exponent);
  const divisor = 10n ** BigInt(-exponent);
  return (value + divisor - 1n) / divisor;
}
