import { showValue } from "@tributary/contracts/fields";
import { kindOfValue } from "../finding.ts";

/** Fields with certificates, and what leads to a kubeconfig: by mistake a key stands there, or the kubeconfig itself. */
const unshown = /^spec\.(?:access|gate)(?:\W|$)/u;

/** A message about a field: its value, where that may be shown, and what would be right. */
export function describeField(path: string, value: unknown, said: string): string {
  return unshown.test(path) && !hasFields(value) ? said : `is ${showScalar(value)}; ${said}`;
}

/** As `describeField`, of a field that holds an object or a list. What stands there instead may be a pasted file. */
export function describeHolder(value: unknown, said: string): string {
  return `is ${kindOfValue(value)}; ${said}`;
}

/** A value where a text, a number or a word belongs. What has fields of its own is named and not shown: any may be a key. */
export function showScalar(value: unknown): string {
  return hasFields(value) ? kindOfValue(value) : showValue(value);
}

function hasFields(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
