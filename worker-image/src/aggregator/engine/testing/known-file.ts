import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { KnownFile } from "../../store/known-file.ts";

/** A file as it lies there now, for what a former process wrote; a missing one has the digest of nothing. */
export async function knownFile(path: string): Promise<KnownFile> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { path, sha256, marks: undefined, damaged: (found) => new Error(`${path} is ${found}`) as never };
}
