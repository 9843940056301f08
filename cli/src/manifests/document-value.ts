import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Scalar as ScalarNode,
} from "yaml";
import { type Finding, join } from "../finding.ts";
import { textOfNumber } from "./number-key.ts";
import { readInteger, readPlainScalar, type Scalar } from "./plain-scalar.ts";

/** A YAML document as the JSON that kubectl makes of it, and what is wrong with it. */
export interface DocumentValue {
  readonly value: unknown;
  readonly findings: readonly Finding[];
}

const tagPrefix = "tag:yaml.org,2002:";
const scalarTags: Readonly<Record<string, (value: Scalar, text: string) => boolean>> = {
  int: (_value, text) => readInteger(text.replaceAll("_", "")) !== undefined,
  float: (value) => typeof value === "number",
  bool: (value) => typeof value === "boolean",
  null: (value) => value === null,
};
/** Escapes of JSON that kubectl's YAML library does not know. */
const foreignEscape = /(?<!\\)(?:\\\\)*\\(?:\/|u[dD][89a-fA-F])/u;
/** Far more than any manifest has from its aliases; aliases of aliases reach it. */
const maxAliased = 100_000;

/** Makes the JSON that kubectl would send of a document: its words and numbers, tags, aliases, merge keys, keys as texts. */
export function readDocumentValue(document: Document, source: string, isYaml: boolean): DocumentValue {
  const findings: Finding[] = [];
  const open = new Set<Node>();
  const targets = new Map<Alias, Node | undefined>();
  let aliased = 0;
  let aliasDepth = 0;
  const find = (path: string, message: string): undefined => void findings.push({ path, message });

  function readNode(node: unknown, path: string): unknown {
    countAliased();
    const anchor = isAlias(node) ? node.source : isNode(node) ? (node as { anchor?: string }).anchor : undefined;
    if (anchor !== undefined && !/^[-\w]+$/u.test(anchor))
      return find(path, "has an anchor of other characters than letters, digits, - and _");
    if (isAlias(node)) return readAliased(node, path, readNode);
    if (isScalar(node)) return scalarOf(node, path);
    if (isSeq(node))
      return inside(node, path, () => node.items.map((item, index) => readNode(item, `${path}[${index}]`)));
    if (isMap(node)) return inside(node, path, () => mapOf(node, path));
    return null;
  }

  function inside<T>(node: Node, path: string, read: () => T): T | undefined {
    if (open.has(node)) return find(path, "is an alias of an anchor that holds itself; write the value out");
    open.add(node);
    try {
      return read();
    } finally {
      open.delete(node);
    }
  }

  function readAliased<T>(alias: Alias, path: string, read: (node: unknown, path: string) => T): T | undefined {
    const node = targetOf(alias);
    if (node === undefined) return find(path, `is the alias *${alias.source}, which no anchor before it names`);
    aliasDepth += 1;
    try {
      countAliased();
      return read(node, path);
    } finally {
      aliasDepth -= 1;
    }
  }

  /** Each search walks through the document, and an alias of aliases is read again and again. */
  function targetOf(alias: Alias): Node | undefined {
    if (!targets.has(alias)) targets.set(alias, alias.resolve(document));
    return targets.get(alias);
  }

  /** What a file writes out is no more than the file; what its aliases make of it may be. */
  function countAliased(): void {
    if (aliasDepth > 0) aliased += 1;
    if (aliased > maxAliased) throw new RangeError(`its aliases make more than ${maxAliased} values; write them out`);
  }

  function scalarOf(node: ScalarNode, path: string): unknown {
    const text = textOf(node);
    if (isYaml && node.type === "QUOTE_DOUBLE" && foreignEscape.test(source.slice(...sourceRange(node))))
      return find(
        path,
        "holds \\/ or a surrogate escape, which kubectl takes in JSON alone; write the character itself",
      );
    const tag = node.tag?.startsWith(tagPrefix) ? node.tag.slice(tagPrefix.length) : node.tag;
    if (tag === "binary") return binaryOf(text) ?? find(path, "must be base64, as its tag says");
    const fits = tag === undefined ? undefined : scalarTags[tag];
    if (tag !== undefined && fits === undefined) return text;
    if (tag === undefined && node.type !== "PLAIN") return text;
    const value = readPlainScalar(text);
    if (fits !== undefined && !fits(value, text)) return find(path, `must be what its tag !!${tag} says`);
    if (typeof value === "number" && !Number.isFinite(value))
      return find(path, `is ${text}; must be a number that JSON has`);
    return value;
  }

  function mapOf(map: { readonly items: readonly { key: unknown; value: unknown }[] }, path: string): object {
    const entries = new Map<string, unknown>();
    const written = new Set<string>();
    for (const { key, value } of map.items) {
      if (isMergeKey(key)) {
        for (const [name, merged] of mergedInto(value, join(path, "<<"))) entries.set(name, merged);
        continue;
      }
      const name = keyOf(key, path);
      if (name === undefined) continue;
      const field = join(path, name);
      if (written.has(name)) find(field, "is written twice, and kubectl keeps the last without a word; leave one");
      written.add(name);
      entries.set(name, readNode(value, field));
    }
    return Object.fromEntries(entries);
  }

  /** In a list the first mapping wins; what is written later in the mapping wins over what came before it. */
  function mergedInto(value: unknown, path: string, takesList = true): [string, unknown][] {
    if (isAlias(value)) return readAliased(value, path, (node, at) => mergedInto(node, at, false)) ?? [];
    if (isSeq(value) && takesList) return [...value.items].reverse().flatMap((item) => mergedInto(item, path, false));
    if (isMap(value)) return Object.entries(inside(value, path, () => mapOf(value, path)) ?? {});
    find(path, "must be a mapping, an alias of one, or a list of these written out: it is a merge key");
    return [];
  }

  function keyOf(key: unknown, path: string): string | undefined {
    const node = isAlias(key) ? targetOf(key) : key;
    const value = isScalar(node) ? scalarOf(node, path) : undefined;
    if (value === undefined || value === null)
      return find(path, `has ${value === null ? "null" : "a list or mapping"} as a key; a key must be a text`);
    if (typeof value !== "number" || !isScalar(node)) return String(value);
    const text = textOfNumber(value, textOf(node));
    return text ?? find(path, `has ${textOf(node)} as a key; a key that is a number must fit in 63 bits`);
  }

  return { value: readNode(document.contents, ""), findings };
}

/** What a scalar says; a tag can make another value of it. */
function textOf(node: ScalarNode): string {
  return typeof node.value === "string" ? node.value : (node.source ?? "");
}

function isMergeKey(key: unknown): boolean {
  if (!isScalar(key)) return false;
  // With that tag the value is a symbol.
  return key.source === "<<" && (key.tag === `${tagPrefix}merge` || (key.type === "PLAIN" && !key.tag));
}

function binaryOf(text: string): string | undefined {
  const compact = text.replaceAll(/[\r\n]/gu, "");
  const isBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/u.test(compact);
  return isBase64 ? Buffer.from(compact, "base64").toString("utf8") : undefined;
}

function sourceRange({ range }: ScalarNode): [number, number] {
  return [range?.[0] ?? 0, range?.[1] ?? 0];
}
