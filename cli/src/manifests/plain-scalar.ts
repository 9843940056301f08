/** What a scalar without quotes can mean. */
export type Scalar = string | number | boolean | null;

const words: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ...variants(["y", "yes", "on", "true"]).map((word): [string, Scalar] => [word, true]),
  ...variants(["n", "no", "off", "false"]).map((word): [string, Scalar] => [word, false]),
  ...["", "~", "null", "Null", "NULL"].map((word): [string, Scalar] => [word, null]),
  ...[".nan", ".NaN", ".NAN"].map((word): [string, Scalar] => [word, Number.NaN]),
  ...[".inf", ".Inf", ".INF"].flatMap((word): [string, Scalar][] => [
    [word, Number.POSITIVE_INFINITY],
    [`+${word}`, Number.POSITIVE_INFINITY],
    [`-${word}`, Number.NEGATIVE_INFINITY],
  ]),
]);
const integer = /^([-+]?)(?:0x([0-9a-f]+)|0b([01]+)|0o([0-7]+)|0([0-7]+)|(0|[1-9][0-9]*))$/i;
const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const maxInt = 2n ** 63n - 1n;
const maxUint = 2n ** 64n - 1n;

/** A word in the three ways that YAML 1.1 writes it. */
function variants(names: readonly string[]): string[] {
  return names.flatMap((name) => [name, `${name[0]?.toUpperCase()}${name.slice(1)}`, name.toUpperCase()]);
}

/**
 * What kubectl takes a scalar without quotes for: the words and numbers of YAML 1.1 as its library reads them, which also
 * knows the octal numbers of YAML 1.2. A number that fits in no double stays a text; dates are texts.
 */
export function readPlainScalar(text: string): Scalar {
  const word = words.get(text);
  if (word !== undefined) return word;
  if (/^[-+0-9]/.test(text)) return readNumber(text.replaceAll("_", "")) ?? text;
  return text.startsWith(".") ? (readFloat(text) ?? text) : text;
}

function readNumber(text: string): number | undefined {
  return readInteger(text) ?? readFloat(text);
}

/** The whole number that a text is in one of the four bases, if any; `1.0` and `1e3` are none. */
export function readInteger(text: string): number | undefined {
  const whole = readWhole(text);
  return whole === undefined ? undefined : Number(whole);
}

/** As `readInteger`, with every digit. */
export function readWhole(text: string): bigint | undefined {
  // kubectl's library hands what follows 0b to a reader that takes a sign there.
  const match = integer.exec(text.replace(/^0b([-+])/u, (_mark, sign: string) => `${sign}0b`));
  if (match === null) return undefined;
  const [, sign, hexadecimal, binary, octal, oldOctal, decimal] = match;
  const magnitude = BigInt(
    hexadecimal !== undefined
      ? `0x${hexadecimal}`
      : binary !== undefined
        ? `0b${binary}`
        : (octal ?? oldOctal) !== undefined
          ? `0o${octal ?? oldOctal}`
          : (decimal as string),
  );
  const limit = sign === "-" ? maxInt + 1n : sign === "+" ? maxInt : maxUint;
  if (magnitude > limit) return undefined;
  return sign === "-" ? -magnitude : magnitude;
}

function readFloat(text: string): number | undefined {
  const value = float.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}
