import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { relative } from "node:path";

/**
 * Sixteen hexadecimal digits that name a set of inputs: files under `root`, by relative path and content, and further texts. Order of
 * the files does not matter.
 */
export async function contentHash(
  root: string,
  files: readonly string[],
  texts: readonly string[] = [],
): Promise<string> {
  const hash = createHash("sha256");
  for (const file of [...files].sort()) {
    const digest = createHash("sha256")
      .update(await readFile(file))
      .digest("hex");
    hash.update(`${relative(root, file)} ${digest}\n`);
  }
  for (const text of texts) hash.update(`${text.length} ${text}\n`);
  return hash.digest("hex").slice(0, 16);
}
