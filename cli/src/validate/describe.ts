import type { FileFinding, Validation } from "./validate-files.ts";

/** What `validate --help` says below the options. */
export const validateHelp = `
YAML means what it means to kubectl: yes and on are true, 0777 is 511, << merges, lists are taken apart.
Each finding is one line: file, line on which the document starts, object, field, what is wrong and what would be right.
Objects of other APIs are left to their own API servers.

Exit codes: 0 all is valid, 1 something is not, 2 the command line or a file cannot be used.`;

/** A finding as one line. */
export function describeFinding({ file, line, object, path, message }: FileFinding): string {
  const where = line === undefined ? file : `${file}:${line}`;
  const parts = [where, object, path].filter((part) => part !== undefined && part !== "");
  return `${parts.join(": ")}: ${message}`.replaceAll(/\s*\n\s*/gu, " ");
}

/** What there is to say when nothing is wrong. */
export function describeSuccess({ checked, others }: Validation): string {
  const ours = `${checked} object${checked === 1 ? " is" : "s are"} valid`;
  return others.length === 0 ? ours : `${ours}; left to other APIs: ${[...new Set(others)].join(", ")}`;
}
