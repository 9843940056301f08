import type { KubeObject } from "../../runtime/api/object.ts";

/** All that is kept of who wrote an object of ours. */
export const ourMark: unknown[] = [{ manager: "tributary" }];

/**
 * Whether Tributary itself wrote an object; a copy that somebody made with all labels is not ours. Whoever means to can write under
 * our name: this tells mistakes from our own, and is no proof.
 */
export function isWrittenByUs({ metadata: { managedFields = [] } }: KubeObject): boolean {
  return managedFields.some((entry) => String((entry as { manager?: unknown }).manager).startsWith("tributary"));
}
