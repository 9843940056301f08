/** Maps beside which others write their own entries; every other map of texts has one writer and is compared whole. */
const sharedMaps: readonly string[] = ["labels", "annotations", "metadata"];

/**
 * The part of a live object that an intent speaks of: what a later look is compared with. A list that somebody made longer
 * or shorter, and a map of texts such as a selector, are taken whole, so that what was added to them shows too.
 */
export function shownFields(live: unknown, intent: unknown, field = ""): unknown {
  if (Array.isArray(intent)) {
    if (!Array.isArray(live) || live.length !== intent.length) return live;
    return intent.map((item, index) => shownFields(live[index], item));
  }
  if (!isRecord(intent) || !isRecord(live)) return live;
  if (!sharedMaps.includes(field) && isTextMap(intent)) return sorted(live);
  const named = Object.keys(intent).filter((key) => intent[key] !== undefined);
  return Object.fromEntries(named.sort().map((key) => [key, shownFields(live[key], intent[key], key)]));
}

/** Whether `live` shows everything that `intent` says. Lists must be equal in length and order. */
export function covers(live: unknown, intent: unknown): boolean {
  if (Array.isArray(intent)) {
    return (
      Array.isArray(live) && live.length === intent.length && intent.every((item, index) => covers(live[index], item))
    );
  }
  if (!isRecord(intent)) return live === intent;
  if (typeof live !== "object" || live === null) return false;
  const fields = live as Record<string, unknown>;
  return Object.entries(intent).every(([field, value]) => value === undefined || covers(fields[field], value));
}

/** A list of an intent that a live object shows otherwise. */
export interface DifferingList {
  /** JSON pointer to the list. */
  readonly path: string;
  /** The list as the intent has it. */
  readonly wanted: readonly unknown[];
  /** Whether the live list has another number of items. */
  readonly isOfOtherLength: boolean;
}

/** The outermost lists, outside of `metadata`, that `live` shows otherwise than `intent`. */
export function differingLists(live: unknown, intent: unknown, path = ""): DifferingList[] {
  if (Array.isArray(intent)) {
    if (!Array.isArray(live) || covers(live, intent)) return [];
    return [{ path, wanted: intent, isOfOtherLength: live.length !== intent.length }];
  }
  if (!isRecord(intent) || !isRecord(live)) return [];
  return Object.entries(intent).flatMap(([field, value]) =>
    field === "metadata" && path === "" ? [] : differingLists(live[field], value, `${path}/${escapePointer(field)}`),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTextMap(fields: Record<string, unknown>): boolean {
  const values = Object.values(fields);
  return values.length > 0 && values.every((value) => typeof value === "string");
}

function sorted(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).sort(([left], [right]) => (left < right ? -1 : 1)));
}

function escapePointer(field: string): string {
  return field.replaceAll("~", "~0").replaceAll("/", "~1");
}
