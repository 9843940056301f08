import { type Document, isScalar, isSeq, parseAllDocuments, stringify, type YAMLError } from "yaml";
import { kubeconfigError } from "./kubeconfig-fields.ts";

/** The only document of a kubeconfig, unjudged. */
export interface KubeconfigYaml {
  readonly content: unknown;
  /**
   * Line in which a key is written a second time in its mapping, where it matters: of a list that `chosen` has an index for,
   * the other entries are left alone.
   */
  keyWrittenTwice(chosen: Readonly<Record<string, number>>): number | undefined;
}

/** Uses of one anchor, times those inside it: more than people write, and few enough that no text grows without bound. */
const maxAliases = 1000;

/**
 * Reads the YAML of a kubeconfig. The parser's own errors quote the text, so none of them goes any further.
 *
 * @throws TributaryError KUBECONFIG_INVALID
 */
export function readKubeconfigYaml(text: string, mayAlias: boolean): KubeconfigYaml {
  const document = onlyDocument(text);
  const broken = document.errors.find(({ code }) => code !== "DUPLICATE_KEY");
  if (broken !== undefined) {
    const said = `is not YAML${broken.linePos === undefined ? "" : ` from line ${broken.linePos[0].line} on`}`;
    throw kubeconfigError("text", said, "store the file as kubectl writes it");
  }
  return {
    content: contentOf(document, mayAlias),
    keyWrittenTwice: (chosen) => twiceIn(document, chosen)?.linePos?.[0].line,
  };
}

function onlyDocument(text: string): Document.Parsed {
  const isEmpty = (contents: unknown): boolean => contents === null || (isScalar(contents) && contents.value === null);
  const parsed = parseAllDocuments(text, { logLevel: "silent", merge: true });
  const documents = [...parsed].filter(({ contents, errors }) => !isEmpty(contents) || errors.length > 0);
  const [document] = documents;
  if (document === undefined) throw kubeconfigError("text", "is empty", "store the file as kubectl writes it");
  if (documents.length > 1)
    throw kubeconfigError("text", `holds ${documents.length} YAML documents`, "leave the one that is meant");
  return document;
}

function contentOf(document: Document.Parsed, mayAlias: boolean): unknown {
  try {
    return document.toJS({ maxAliasCount: mayAlias ? maxAliases : 0 });
  } catch {
    const said = mayAlias ? "uses aliases that lead nowhere, or too many" : "uses aliases";
    throw kubeconfigError("text", said, "write out what they stand for");
  }
}

function twiceIn(document: Document.Parsed, chosen: Readonly<Record<string, number>>): YAMLError | undefined {
  const others = Object.entries(chosen).flatMap(([list, index]) => {
    const entries: unknown = document.get(list, true);
    return isSeq<Ranged>(entries) ? entries.items.filter((_, at) => at !== index) : [];
  });
  const isIn = (position: number, { range }: Ranged): boolean =>
    range != null && position >= range[0] && position < range[2];
  return document.errors.find(
    ({ code, pos }) => code === "DUPLICATE_KEY" && !others.some((other) => isIn(pos[0], other)),
  );
}

interface Ranged {
  readonly range?: readonly [number, number, number] | null | undefined;
}

/** Prints a kubeconfig so that kubectl reads every text as one: unquoted it takes `on`, `y` and `0b1` for what they mean in YAML 1.1. */
export function printKubeconfig(kubeconfig: object): string {
  return stringify(kubeconfig, { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN" });
}
