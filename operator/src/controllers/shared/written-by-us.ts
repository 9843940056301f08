import type { KubeObject } from "../../runtime/api/object.ts";

/** Whether Tributary itself wrote an object; a copy that somebody made with all labels is not ours. */
export function isWrittenByUs({ metadata: { managedFields = [] } }: KubeObject): boolean {
  return managedFields.some((entry) => String((entry as { manager?: unknown }).manager).startsWith("tributary"));
}
