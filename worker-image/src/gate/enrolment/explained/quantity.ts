const NANO = 1_000_000_000n;
const DECIMAL = ["k", "M", "G", "T", "P", "E"];
const SMALL: Readonly<Record<string, bigint>> = { n: 1n, u: 1_000n, m: 1_000_000n };

/** Whether one quantity of Kubernetes is at most another; not when either is none, or is missing. */
export function isAtMost(amount: string, limit: string | undefined): boolean {
  const [left, right] = [nanosOf(amount), limit === undefined ? undefined : nanosOf(limit)];
  return left !== undefined && right !== undefined && left <= right;
}

/** A quantity that is not negative, in billionths: `4`, `500m`, `2Gi`, `1e3`; `undefined` for what is none. */
function nanosOf(text: string): bigint | undefined {
  const match = /^(\d{1,30})(?:\.(\d{1,9}))?([numkMGTPE]|[KMGTPE]i|[eE]\d{1,2})?$/u.exec(text);
  if (match === null) return undefined;
  const [, whole = "", part = "", suffix = ""] = match;
  const unit = unitOf(suffix);
  return BigInt(whole) * unit + (BigInt(part.padEnd(9, "0")) * unit) / NANO;
}

function unitOf(suffix: string): bigint {
  if (suffix === "") return NANO;
  if (suffix in SMALL) return SMALL[suffix]!;
  if (suffix.endsWith("i")) return NANO * 1024n ** BigInt(["K", "M", "G", "T", "P", "E"].indexOf(suffix[0]!) + 1);
  if (suffix.length > 1) return NANO * 10n ** BigInt(suffix.slice(1));
  return NANO * 1000n ** BigInt(DECIMAL.indexOf(suffix) + 1);
}
