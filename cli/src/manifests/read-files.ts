import { readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { TributaryError } from "@tributary/kit";
import { showPath } from "../show-path.ts";

const endings = [".json", ".yaml", ".yml"];

/** The files that a path means, as `kubectl -f` takes it: itself, or those of a folder that end in .json, .yaml or .yml. */
export function listFiles(path: string): string[] {
  if (path === "-" || !statOf(path).isDirectory()) return [path];
  const files = readdirSync(path, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && endings.includes(extname(entry.name)))
    .map((entry) => join(path, entry.name))
    .sort();
  if (files.length > 0) return files;
  throw new TributaryError("ARGUMENT_INVALID", `folder ${path} holds no file that ends in ${endings.join(", ")}`);
}

/** The text of a file, or of standard input for `-`; a byte order mark says UTF-8 or UTF-16 and is no part of the text. */
export function readText(file: string): string {
  try {
    return decode(readFileSync(file === "-" ? 0 : file));
  } catch (error) {
    throw cannotRead(file, error);
  }
}

function decode(bytes: Buffer): string {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8";
  return new TextDecoder(encoding).decode(bytes);
}

function statOf(path: string): { isDirectory(): boolean } {
  try {
    return statSync(path);
  } catch (error) {
    throw cannotRead(path, error);
  }
}

function cannotRead(path: string, cause: unknown): TributaryError {
  const message = `${showPath(path)} cannot be read; name a YAML or JSON file that exists`;
  return new TributaryError("ARGUMENT_INVALID", message, { cause });
}
