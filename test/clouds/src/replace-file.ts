import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** Writes a file whole or not at all, and makes the folders above it; readers see the old text or the new. Mode 0600 when `secret`. */
export async function replaceFile(
  path: string,
  text: string,
  options: { readonly secret?: boolean } = {},
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, text, { mode: options.secret ? 0o600 : 0o644 });
  await rename(`${path}.new`, path);
}
