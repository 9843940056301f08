import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** Root of the repository. */
export const repositoryRoot = join(import.meta.dirname, "../..");

/** A source file with what it imports. */
export interface SourceFile {
  /** Path relative to the repository. */
  readonly path: string;
  /** Text of the file. */
  readonly text: string;
  /** Module specifiers in order. */
  readonly imports: readonly string[];
}

/** Files of the working tree below `folders` that git tracks or would track, by extension. */
export function listFiles(folders: readonly string[], extensions: readonly string[]): string[] {
  const output = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "--", ...folders], {
    cwd: repositoryRoot,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  return [...new Set(output.split("\n"))].filter((path) => extensions.some((extension) => path.endsWith(extension)));
}

/** The TypeScript sources of a folder, tests and generated files left out. */
export function readSources(folders: readonly string[]): SourceFile[] {
  return listFiles(folders, [".ts"])
    .filter((path) => !/\.(prop\.)?test\.ts$|\.d\.ts$|\/generated\//u.test(path))
    .flatMap((path) => {
      const text = readIfPresent(path);
      return text === undefined ? [] : [{ path, text, imports: importsOf(text) }];
    });
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(join(repositoryRoot, path), "utf8");
  } catch {
    return undefined;
  }
}

/** Static and dynamic import specifiers of a TypeScript text. */
export function importsOf(text: string): string[] {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s[^"';]*?from\s*["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)|(?:^|\n)\s*import\s+["']([^"']+)["']/gu;
  return [...text.matchAll(pattern)].map((match) => (match[1] ?? match[2] ?? match[3]) as string);
}

/** The repository path that a relative specifier of `file` leads to. */
export function resolveRelative(file: string, specifier: string): string {
  return normalize(join(dirname(file), specifier));
}
