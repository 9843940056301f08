import { readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { TributaryError } from "@tributary/kit";

const endings = [".json", ".yaml", ".yml"];

/**
 * The files that a path means, as `kubectl -f` takes it: itself, or those of a folder that end in .json, .yaml or .yml.
 *
 * @throws TributaryError ARGUMENT_INVALID, whose message follows the path
 */
export function listFiles(path: string): string[] {
  if (path === "-" || !attempt(() => statSync(path)).isDirectory()) return [path];
  const files = attempt(() => readdirSync(path, { withFileTypes: true }))
    .filter((entry) => !entry.isDirectory() && endings.includes(extname(entry.name)))
    .map((entry) => join(path, entry.name))
    .sort();
  if (files.length > 0) return files;
  throw new TributaryError("ARGUMENT_INVALID", `is a folder without a file that ends in ${endings.join(", ")}`);
}

/**
 * The text of a file, or of standard input for `-`; a byte order mark says UTF-8 or UTF-16 and is no part of the text.
 *
 * @throws TributaryError ARGUMENT_INVALID, whose message follows the path
 */
export function readText(file: string): string {
  return attempt(() => decode(readFileSync(file === "-" ? 0 : file)));
}

function decode(bytes: Buffer): string {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8";
  return new TextDecoder(encoding).decode(bytes);
}

function attempt<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new TributaryError("ARGUMENT_INVALID", "cannot be read; name a YAML or JSON file that exists", { cause });
  }
}
