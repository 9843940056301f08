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

type Fields = Readonly<Record<string, unknown>>;

/**
 * The objects of a document, as kubectl takes lists apart: whatever has `items` is a list, whatever it calls itself. It
 * asks for the type of a list before it opens it, so `wrongType` judges that first.
 */
export function expandLists(
  value: unknown,
  wrongType: (list: Fields) => Finding | undefined,
): readonly ManifestObject[] {
  if (!isRecord(value)) return [noObject("", value)];
  const { items, kind } = value;
  if (items === undefined && kind !== "List") return [{ value, at: "" }];
  const finding = wrongType(value) ?? wrongItems(items);
  if (finding !== undefined) return [{ value, at: "", finding }];
  return (items as unknown[]).map((item, index) => objectOf(item, `items[${index}]`, value));
}

/** A List without the field is an object to kubectl, which no API server has; with null in it kubectl refuses it. */
function wrongItems(items: unknown): Finding | undefined {
  if (Array.isArray(items)) return undefined;
  const is = items === undefined ? "is absent" : `is ${kindOfValue(items)}`;
  return { path: "items", message: `${is}; must be a list of objects` };
}

function objectOf(item: unknown, at: string, list: Fields): ManifestObject {
  if (!isRecord(item)) return noObject(at, item);
  const itemKind = itemKindOf(list);
  if (itemKind === undefined) return listInside(item, at) ?? { value: item, at };
  // kubectl gives an item the list's type only where it says nothing of its own.
  const isNamed = isText(item.kind) || isText(item.apiVersion);
  const value = isNamed ? item : { ...item, apiVersion: list.apiVersion, kind: itemKind };
  if (isText(item.kind) && item.kind !== itemKind) {
    const message = `is ${showValue(item.kind)}; must be ${itemKind} in a ${String(list.kind)}; a List of v1 takes all kinds`;
    return { value, at, finding: { path: "kind", message } };
  }
  return listInside(item, at) ?? { value, at };
}

/** The kind that a list says its items are of; a List says none. */
function itemKindOf({ kind }: Fields): string | undefined {
  return kind === "List" ? undefined : String(kind).replace(/List$/u, "");
}

function listInside(value: Fields, at: string): ManifestObject | undefined {
  if (!Array.isArray(value.items) && value.kind !== "List") return undefined;
  return { value, at, finding: { path: "items", message: "must be absent: kubectl takes no list inside a list" } };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function noObject(at: string, value: unknown): ManifestObject {
  const message = `is ${kindOfValue(value)}; must be an object with apiVersion and kind`;
  return { value, at, finding: { path: "", message } };
}
