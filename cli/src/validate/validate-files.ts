import { isTributaryError } from "@tributary/kit";
import { type Finding, isRecord } from "../finding.ts";
import { expandLists, type ManifestObject } from "../manifests/expand-lists.ts";
import { type ReadDocument, readDocuments } from "../manifests/read-documents.ts";
import { listFiles, readText } from "../manifests/read-files.ts";
import { showPath } from "../show-path.ts";
import { belongingOf } from "./known-kind.ts";
import { wrongListType } from "./list-type.ts";
import { kinds, validateManifest } from "./validate-manifest.ts";

/** A finding with the file, the document and the object that it is about. */
export interface FileFinding extends Finding {
  /** The file, or the folder when nothing in it is ours. */
  readonly file: string;
  /** Line on which the document starts; left out when the finding is about the whole file. */
  readonly line?: number;
  /** `Kind/name` as far as the document says it; left out when there is no object. */
  readonly object?: string;
  /** Whether the file itself cannot be used, so that nobody knows what it holds. */
  readonly isUnreadable?: true;
}

/** What checking some files gave. */
export interface Validation {
  /** Objects of Tributary that were checked. */
  readonly checked: number;
  /** Kinds of other APIs that were left to their own API servers, one entry an object. */
  readonly others: readonly string[];
  readonly findings: readonly FileFinding[];
}

/**
 * Validates every Tributary object in files as `kubectl apply` with strict validation would: YAML and JSON, folders, lists,
 * several documents; `-` reads standard input. Objects of other APIs are left to these.
 * A file that cannot be read is a finding of its own, and hides none of the others'.
 */
export function validateFiles(paths: readonly string[]): Validation {
  const parts = paths.map((path) => ({ path, judged: validatePath(path) }));
  const all = parts.flatMap(({ judged }) => judged);
  const checked = all.filter(({ isOurs }) => isOurs).length;
  const findings = all.flatMap((one) => one.findings);
  // kubectl takes a file without any object beside others, so only all of them together can be the wrong ones.
  const isNoneOurs = checked === 0 && findings.length === 0;
  return {
    checked,
    others: othersOf(all),
    findings: isNoneOurs ? parts.map(({ path, judged }) => nothingIn(path, othersOf(judged))) : findings,
  };
}

function validatePath(path: string): Judged[] {
  const files = usable(path, () => listFiles(path));
  return Array.isArray(files) ? files.flatMap(validateFile) : [files];
}

function validateFile(file: string): Judged[] {
  const text = usable(file, () => readText(file));
  if (typeof text !== "string") return [text];
  return readDocuments(text).flatMap((document) => validateDocument(file, document));
}

/** What is read from a path, or what there is to say when it cannot be used. */
function usable<T>(path: string, read: () => T): T | Judged {
  try {
    return read();
  } catch (error) {
    if (!isTributaryError(error, "ARGUMENT_INVALID")) throw error;
    const finding: FileFinding = { file: showPath(path), path: "", message: error.message, isUnreadable: true };
    return { isOurs: false, findings: [finding] };
  }
}

function othersOf(judged: readonly Judged[]): string[] {
  return judged.flatMap(({ other }) => other ?? []);
}

function nothingIn(file: string, others: readonly string[]): FileFinding {
  const found = others.length === 0 ? "" : `, only ${[...new Set(others)].join(", ")}`;
  return { file, path: "", message: `holds no object of Tributary${found}` };
}

/** No name and no kind of ours is longer. */
const maxWord = 63;

interface Judged {
  readonly isOurs: boolean;
  readonly other?: string;
  readonly findings: readonly FileFinding[];
}

function validateDocument(file: string, { value, findings, line }: ReadDocument): Judged[] {
  const of = (object: string | undefined, at: string, found: readonly Finding[]): FileFinding[] =>
    found.map(({ path, message }) => ({
      file,
      line,
      ...(object === undefined ? {} : { object: at === "" ? object : `${at}, ${object}` }),
      path,
      message,
    }));
  if (value === undefined) return [{ isOurs: false, findings: of(undefined, "", findings) }];
  const whole: Judged[] = findings.length === 0 ? [] : [{ isOurs: false, findings: of(nameOf(value), "", findings) }];
  const objects = expandLists(value, wrongListType).map((object): Judged => {
    const { isOurs, other, found } = judge(object);
    // What could not be read is missing from the value, and is said once.
    const news = found.filter(({ path }) => !findings.some((finding) => finding.path === path));
    return { isOurs, ...(other === undefined ? {} : { other }), findings: of(nameOf(object.value), object.at, news) };
  });
  return [...whole, ...objects];
}

function judge({ value, finding }: ManifestObject): { isOurs: boolean; other?: string; found: readonly Finding[] } {
  if (finding !== undefined || !isRecord(value))
    return { isOurs: false, found: finding === undefined ? [] : [finding] };
  const belonging = belongingOf(value, kinds);
  if (belonging.to === "others") return { isOurs: false, other: belonging.kind, found: [] };
  return { isOurs: belonging.to === "tributary", found: validateManifest(value) };
}

function nameOf(manifest: unknown): string {
  const { kind, metadata } = isRecord(manifest) ? manifest : {};
  const name = isRecord(metadata) ? (metadata.name ?? metadata.generateName) : undefined;
  return `${wordOf(kind)}/${wordOf(name)}`;
}

/** A list or an object is no name, and neither is a text that no name of ours could be: it may be anything. */
function wordOf(value: unknown): string {
  const word = value === undefined || value === null || typeof value === "object" ? "" : String(value);
  return word === "" || word.length > maxWord || /[\r\n]/u.test(word) ? "?" : word;
}
