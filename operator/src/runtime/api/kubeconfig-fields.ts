import { TributaryError } from "@tributary/kit";

/** The error for a kubeconfig that cannot be used: the field, what is wrong with it, what would be right. */
export function kubeconfigError(field: string, said: string, remedy: string): TributaryError {
  return new TributaryError("KUBECONFIG_INVALID", `kubeconfig ${field}: ${said}; ${remedy}`, {
    details: { field, reason: "KubeconfigInvalid", remedy },
  });
}

/**
 * A field that must be a text; undefined where it is absent.
 *
 * @throws TributaryError KUBECONFIG_INVALID
 */
export function textOf(value: unknown, field: string): string | undefined {
  if (value === undefined || value === null || typeof value === "string") return value ?? undefined;
  const remedy = typeof value === "object" ? "write a text" : "put it in quotes";
  throw kubeconfigError(field, `is ${typeof value === "object" ? "no text" : `a ${typeof value}, no text`}`, remedy);
}

/**
 * A field that must be true or false, as the words of YAML 1.1 say it that kubectl reads; false where it is absent.
 *
 * @throws TributaryError KUBECONFIG_INVALID
 */
export function booleanOf(value: unknown, field: string): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === "boolean") return value;
  const word = typeof value === "string" ? value : "";
  if (yes.test(word)) return true;
  if (no.test(word)) return false;
  throw kubeconfigError(field, "is neither true nor false", "write one of the two");
}

const yes = /^(?:y|Y|yes|Yes|YES|on|On|ON)$/u;
const no = /^(?:n|N|no|No|NO|off|Off|OFF)$/u;

/** Whether a field is there: kubectl takes one that is null or empty for one that was left out. */
export function isGiven(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return value !== undefined && value !== null && value !== "";
}

/** Whether a value is a mapping. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
