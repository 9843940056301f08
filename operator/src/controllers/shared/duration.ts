import { TributaryError } from "@tributary/kit";

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** A Go duration such as `1m30s` in milliseconds. Throws SPEC_INVALID for anything else. */
export function parseDurationMs(text: string): number {
  if (!/^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/u.test(text)) {
    throw new TributaryError(
      "SPEC_INVALID",
      `duration ${JSON.stringify(text)} must be a Go duration such as 90s or 1m30s`,
    );
  }
  let totalMs = 0;
  for (const [, amount, , unit] of text.matchAll(/([0-9]+(\.[0-9]+)?)(ms|s|m|h)/gu))
    totalMs += Number(amount) * (unitMs[unit as string] as number);
  return totalMs;
}
