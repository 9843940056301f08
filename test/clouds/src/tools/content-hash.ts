import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { join, relative } from "node:path";

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
  for (const file of [...files].sort()) hash.update(`${relative(root, file)} ${await fileDigest(file)}\n`);
  for (const text of texts) hash.update(`${text.length} ${text}\n`);
  return hash.digest("hex").slice(0, 16);
}

/** SHA-256, hexadecimal, of a file or of everything in a folder: names, contents, links, and whether each file may be executed. */
export async function treeDigest(path: string): Promise<string> {
  const seen = await lstat(path);
  const hash = createHash("sha256");
  if (seen.isSymbolicLink()) hash.update(`link ${await readlink(path)}`);
  else if (seen.isDirectory()) {
    hash.update("folder");
    for (const name of (await readdir(path)).sort()) hash.update(`\n${name} ${await treeDigest(join(path, name))}`);
  } else hash.update(`file ${(seen.mode & 0o100) !== 0} ${await fileDigest(path)}`);
  return hash.digest("hex");
}

async function fileDigest(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest("hex");
}
