import { accept, type Reading, refuse } from "./finding.ts";

const unitNs: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  "\u00b5s": 1_000n,
  "\u03bcs": 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const durationExpected = "a Go duration such as 90s, 1m30s or 1.5h";
const part = /([0-9]*)(?:(\.)([0-9]*))?([^.0-9]+)/y;
const maxMagnitude = 2n ** 63n;

/**
 * Reads a duration exactly as `time.ParseDuration` of Go does, in nanoseconds.
 *
 * What a fraction leaves below a nanosecond is dropped, by the same double arithmetic as there.
 */
export function readDuration(text: string): Reading<bigint> {
  const isNegative = text.startsWith("-");
  const rest = isNegative || text.startsWith("+") ? text.slice(1) : text;
  if (rest === "0") return accept(0n);
  const magnitude = sumParts(rest);
  if (magnitude === undefined || (magnitude === maxMagnitude && !isNegative)) return refuse(durationExpected);
  return accept(isNegative ? -magnitude : magnitude);
}

/** Reads a duration within bounds, in whole milliseconds; what is below one is dropped. */
export function readDurationMs(text: string, bounds: { readonly min: string; readonly max: string }): Reading<number> {
  const reading = readDuration(text);
  if (!reading.ok) return refuse(`${durationExpected}, from ${bounds.min} to ${bounds.max}`);
  const isInside = reading.value >= nanosecondsOf(bounds.min) && reading.value <= nanosecondsOf(bounds.max);
  return isInside
    ? accept(Number(reading.value / 1_000_000n))
    : refuse(`a duration from ${bounds.min} to ${bounds.max}`);
}

function nanosecondsOf(bound: string): bigint {
  const reading = readDuration(bound);
  return reading.ok ? reading.value : 0n;
}

function sumParts(text: string): bigint | undefined {
  if (text === "") return undefined;
  let total = 0n;
  for (let position = 0; position < text.length; position = part.lastIndex) {
    part.lastIndex = position;
    const value = partNs(part.exec(text));
    if (value === undefined) return undefined;
    total += value;
    if (total > maxMagnitude) return undefined;
  }
  return total;
}

function partNs(match: RegExpExecArray | null): bigint | undefined {
  const [, whole = "", , fraction = "", unit = ""] = match ?? [];
  const nanoseconds = unitNs[unit];
  if (nanoseconds === undefined || (whole === "" && fraction === "")) return undefined;
  const value = BigInt(whole) * nanoseconds + fractionNs(fraction, nanoseconds);
  return value > maxMagnitude ? undefined : value;
}

/** Digits that no longer fit in 63 bits are left out, as in Go. */
function fractionNs(digits: string, unit: bigint): bigint {
  let value = 0n;
  let scale = 1;
  for (const digit of digits) {
    if (value > (maxMagnitude - 1n) / 10n) break;
    const next = value * 10n + BigInt(digit);
    if (next > maxMagnitude) break;
    value = next;
    scale *= 10;
  }
  return BigInt(Math.trunc(Number(value) * (Number(unit) / scale)));
}
