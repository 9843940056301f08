import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { headerFolders, libraries, pins } from "./pins.ts";

/**
 * Content hash that names one build of the addon: the pins, the list of files taken and the addon's own sources.
 * @param packageDir folder of the installed `@tensorflow/tfjs-node`
 * @returns 16 hexadecimal digits
 */
export function addonCacheKey(packageDir: string): string {
  const hash = createHash("sha256");
  hash.update(JSON.stringify({ pins, libraries, headerFolders, arch: process.arch, layout: 1 }));
  hash.update(readFileSync(join(packageDir, "binding.gyp")));
  for (const name of readdirSync(join(packageDir, "binding")).sort()) {
    hash.update(name).update(readFileSync(join(packageDir, "binding", name)));
  }
  return hash.digest("hex").slice(0, 16);
}
