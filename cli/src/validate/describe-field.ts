import { showValue } from "@tributary/contracts/fields";

/** Fields with certificates, where by mistake a key stands with them. */
const unshown = /^spec\.gate(?:\W|$)/u;

/** A message about a field: its value, where that may be shown, and what would be right. */
export function describeField(path: string, value: unknown, said: string): string {
  return unshown.test(path) ? said : `is ${showValue(value)}; ${said}`;
}
