import { showValue } from "@tributary/contracts/fields";
import { type Finding, isRecord, kindOfValue } from "../finding.ts";

/** One object of a document: the document itself, or an item of the list that it is. */
export interface ManifestObject {
  readonly value: unknown;
  /** Where it stands in its document: empty, or `items[2]`. */
  readonly at: string;
  /** What makes it no object at all. */
  readonly finding?: Finding;
}

/** The objects of a document, as kubectl takes lists apart: whatever has `items` is a list, whatever it calls itself. */
export function expandLists(value: unknown): readonly ManifestObject[] {
  if (!isRecord(value)) return [noObject("", value)];
  const { items, kind, apiVersion } = value;
  if (kind === undefined || apiVersion === undefined || (items === undefined && kind !== "List"))
    return [{ value, at: "" }];
  if (!Array.isArray(items)) return [refuse("", items, "items", "must be a list of objects")];
  if (kind === "List" && apiVersion !== "v1")
    return [refuse("", apiVersion, "apiVersion", "must be v1: a List is of no other version")];
  const itemKind = typeof kind === "string" && kind !== "List" ? kind.replace(/List$/u, "") : undefined;
  return items.map((item: unknown, index) => {
    const at = `items[${index}]`;
    if (isRecord(item) && itemKind !== undefined && item.kind !== undefined && item.kind !== itemKind)
      return refuse(at, item.kind, "kind", `must be ${itemKind} in a ${String(kind)}; a List of v1 takes all kinds`);
    if (!isRecord(item)) return noObject(at, item);
    if (item.items !== undefined) return listInside(item, at);
    const isNamed = item.kind !== undefined || item.apiVersion !== undefined || itemKind === undefined;
    return { value: isNamed ? item : { apiVersion, kind: itemKind, ...item }, at };
  });
}

function listInside(value: Readonly<Record<string, unknown>>, at: string): ManifestObject {
  return { value, at, finding: { path: "items", message: "must be absent: kubectl takes no list inside a list" } };
}

function noObject(at: string, value: unknown): ManifestObject {
  const message = `is ${kindOfValue(value)}; must be an object with apiVersion and kind`;
  return { value, at, finding: { path: "", message } };
}

function refuse(at: string, value: unknown, path: string, expected: string): ManifestObject {
  return { value, at, finding: { path, message: `is ${showValue(value)}; ${expected}` } };
}
