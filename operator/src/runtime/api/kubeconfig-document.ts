import { TributaryError } from "@tributary/kit";
import { isScalar, parseAllDocuments } from "yaml";

/** The current context of a kubeconfig: where it leads and as whom, unjudged. Fields are as the author wrote them. */
export interface KubeconfigContext {
  readonly name: string;
  /** Namespace of the context, when it names one. */
  readonly namespace?: string;
  readonly cluster: NamedFields;
  readonly user: NamedFields;
}

/** One named entry of a kubeconfig. */
export interface NamedFields {
  readonly name: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The error for a kubeconfig that cannot be used: the field, what is wrong with it, what would be right. */
export function kubeconfigError(field: string, said: string, remedy: string): TributaryError {
  return new TributaryError("KUBECONFIG_INVALID", `kubeconfig ${field}: ${said}; ${remedy}`, {
    details: { field, reason: "KubeconfigInvalid", remedy },
  });
}

/**
 * Reads the current context and nothing else: what other contexts name is the business of others. No message holds any of
 * the text but names, since the rest holds keys and tokens.
 *
 * @throws TributaryError KUBECONFIG_INVALID
 */
export function readCurrentContext(text: string): KubeconfigContext {
  const document = parseDocument(text);
  const name = textOf(document["current-context"], "current-context");
  if (name === undefined || name === "")
    throw kubeconfigError("current-context", "names no context", "set it: kubectl config use-context NAME");
  const context = find(document, "contexts", "context", name);
  if (context === undefined)
    throw kubeconfigError("current-context", `names no context of the file: "${name}"`, "add it to contexts");
  const follow = (list: "clusters" | "users", inner: "cluster" | "user"): NamedFields => {
    const field = `context "${name}" ${inner}`;
    const named = textOf(context.fields[inner], field);
    const found = named === undefined ? undefined : find(document, list, inner, named);
    if (found === undefined) throw kubeconfigError(field, `names no ${inner} of the file`, `add it to ${list}`);
    return found;
  };
  const namespace = textOf(context.fields.namespace, `context "${name}" namespace`);
  return {
    name,
    cluster: follow("clusters", "cluster"),
    user: follow("users", "user"),
    ...(namespace === undefined || namespace === "" ? {} : { namespace }),
  };
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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseDocument(text: string): Record<string, unknown> {
  const remedy = "store the file as kubectl writes it";
  const document = readOnly(text);
  if (document === undefined) throw kubeconfigError("text", "is empty", remedy);
  if (!isRecord(document)) throw kubeconfigError("text", "is not a mapping", remedy);
  return document;
}

/** What the only document of the text holds. The parser's own errors quote the text, so none of them goes any further. */
function readOnly(text: string): unknown {
  const isEmpty = (contents: unknown): boolean => contents === null || (isScalar(contents) && contents.value === null);
  const documents = [...parseAllDocuments(text, { logLevel: "silent" })].filter(
    ({ contents, errors }) => !isEmpty(contents) || errors.length > 0,
  );
  const [document] = documents;
  if (documents.length > 1)
    throw kubeconfigError("text", `holds ${documents.length} YAML documents`, "leave the one that is meant");
  try {
    if (document?.errors.length) throw document.errors[0];
    return document?.toJS({ maxAliasCount: 0 });
  } catch {
    throw kubeconfigError("text", "is not YAML, or uses aliases", "store the file as kubectl writes it");
  }
}

function find(
  document: Record<string, unknown>,
  list: "clusters" | "contexts" | "users",
  inner: "cluster" | "context" | "user",
  name: string,
): NamedFields | undefined {
  const entries = document[list] ?? [];
  if (!Array.isArray(entries)) throw kubeconfigError(list, "is no list", `write "- name: …" entries below ${list}`);
  const index = entries.findIndex(
    (entry) => isRecord(entry) && typeof entry.name !== "object" && String(entry.name) === name,
  );
  if (index < 0) return undefined;
  const entry = entries[index] as Record<string, unknown>;
  textOf(entry.name, `${list}[${index}].name`);
  const fields = entry[inner] ?? {};
  if (!isRecord(fields)) throw kubeconfigError(`${list}[${index}].${inner}`, "is no mapping", "compare with kubectl's");
  return { name, fields };
}
