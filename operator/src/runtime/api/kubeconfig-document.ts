import { isRecord, kubeconfigError, textOf } from "./kubeconfig-fields.ts";
import { readKubeconfigYaml } from "./kubeconfig-yaml.ts";

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

/** Whose a kubeconfig is. */
export interface KubeconfigReading {
  /**
   * The file is its reader's own, as kubectl reads it: aliases are followed, and a key that is written twice matters only where
   * the current context leads. One from a Secret is input of somebody else and need hold neither.
   */
  readonly isOwn?: boolean;
}

/**
 * Reads the current context and nothing else: what other contexts name is the business of others. No message holds any of
 * the text but names, since the rest holds keys and tokens.
 *
 * @throws TributaryError KUBECONFIG_INVALID
 */
export function readCurrentContext(text: string, { isOwn = false }: KubeconfigReading = {}): KubeconfigContext {
  const { content, keyWrittenTwice } = readKubeconfigYaml(text, isOwn);
  if (!isRecord(content)) throw kubeconfigError("text", "is not a mapping", "store the file as kubectl writes it");
  const { name, ...found } = followContext(content);
  const chosen = isOwn ? { contexts: found.context.index, clusters: found.cluster.index, users: found.user.index } : {};
  const line = keyWrittenTwice(chosen);
  if (line !== undefined)
    throw kubeconfigError("text", `writes a key a second time in line ${line}`, "leave the one that is meant");
  const namespace = textOf(found.context.fields.namespace, `context "${name}" namespace`);
  return { name, cluster: found.cluster, user: found.user, ...(namespace ? { namespace } : {}) };
}

function followContext(content: Record<string, unknown>) {
  const name = textOf(content["current-context"], "current-context");
  if (!name) throw kubeconfigError("current-context", "names no context", "set it: kubectl config use-context NAME");
  const context = find(content, "contexts", "context", name);
  if (context === undefined)
    throw kubeconfigError("current-context", `names no context of the file: "${name}"`, "add it to contexts");
  const follow = (list: "clusters" | "users", inner: "cluster" | "user"): FoundEntry => {
    const field = `context "${name}" ${inner}`;
    const named = textOf(context.fields[inner], field);
    const found = named === undefined ? undefined : find(content, list, inner, named);
    if (found === undefined) throw kubeconfigError(field, `names no ${inner} of the file`, `add it to ${list}`);
    return found;
  };
  return { name, context, cluster: follow("clusters", "cluster"), user: follow("users", "user") };
}

/** An entry of a list of the file, and where in the list it stands. */
interface FoundEntry extends NamedFields {
  readonly index: number;
}

function find(
  content: Record<string, unknown>,
  list: "clusters" | "contexts" | "users",
  inner: "cluster" | "context" | "user",
  name: string,
): FoundEntry | undefined {
  const entries = content[list] ?? [];
  if (!Array.isArray(entries)) throw kubeconfigError(list, "is no list", `write "- name: …" entries below ${list}`);
  const isNamed = (entry: unknown): boolean =>
    isRecord(entry) && typeof entry.name !== "object" && String(entry.name) === name;
  const index = entries.findIndex(isNamed);
  if (index < 0) return undefined;
  if (entries.findLastIndex(isNamed) !== index)
    throw kubeconfigError(list, `holds two entries of the name "${name}"`, "leave the one that is meant");
  const entry = entries[index] as Record<string, unknown>;
  textOf(entry.name, `${list}[${index}].name`);
  const fields = entry[inner] ?? {};
  if (!isRecord(fields)) throw kubeconfigError(`${list}[${index}].${inner}`, "is no mapping", "compare with kubectl's");
  refuseLoop(fields, `${list}[${index}].${inner}`);
  return { name, fields, index };
}

/** What an alias leads back into itself has no end, and what is told to a plugin goes there as JSON. */
function refuseLoop(fields: Record<string, unknown>, field: string): void {
  try {
    JSON.stringify(fields);
  } catch {
    throw kubeconfigError(field, "holds itself by an alias", "write it out");
  }
}
