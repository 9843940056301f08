import { describe, expect, it } from "vitest";
import { type ImportRule, importTable } from "./import-table.ts";
import { importsOf, readSources, resolveRelative, type SourceFile } from "./sources.ts";

const workspaces = ["packages", "operator/src", "worker-image/src", "cli/src", "test/clouds/src"];

function patternOf(folder: string): RegExp {
  return new RegExp(`^${folder.replaceAll("*", "[^/]+")}/`, "u");
}

function ruleFor(path: string): ImportRule | undefined {
  return importTable
    .filter((rule) => patternOf(rule.folder).test(path))
    .sort((left, right) => right.folder.split("/").length - left.folder.split("/").length)[0];
}

function isAllowed(rule: ImportRule, file: SourceFile, specifier: string): boolean {
  if (specifier.startsWith(".")) {
    const target = resolveRelative(file.path, specifier);
    return [rule.folder, ...(rule.folders ?? [])].some((folder) => patternOf(folder).test(target));
  }
  if (specifier.startsWith("node:")) return rule.modules.includes("node:*");
  const named = (allowed: string): boolean => specifier === allowed || specifier.startsWith(`${allowed}/`);
  return rule.packages.some(named) || rule.modules.some(named);
}

function violationsOf(file: SourceFile): string[] {
  const rule = ruleFor(file.path);
  if (rule === undefined) return [];
  const imports = file.imports
    .filter((specifier) => !isAllowed(rule, file, specifier))
    .map((specifier) => `${file.path} imports ${specifier}`);
  const code = file.text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/gu, "");
  const globals = (rule.forbiddenGlobals ?? [])
    .filter((name) => new RegExp(`(?<![\\w.])${name.replace(".", "\\.")}\\b(?!\\s*[:?])`, "u").test(code))
    .map((name) => `${file.path} uses ${name}`);
  return [...imports, ...globals];
}

describe("import table", () => {
  const sources = readSources(workspaces);

  it("covers a tree that has sources", () => {
    expect(sources.length).toBeGreaterThan(20);
  });

  it("is kept by every source file", () => {
    expect(sources.flatMap(violationsOf)).toEqual([]);
  });

  it.each([
    ["packages/federated/src/x/a.ts", 'import { readFile } from "node:fs";'],
    ["packages/federated/src/x/a.ts", "const t = Date.now();"],
    ["packages/federated/src/x/a.ts", "const r = Math.random();"],
    ["packages/federated/src/x/a.ts", "const t = performance.now();"],
    ["worker-image/src/sidecar/a.ts", 'import { x } from "../aggregator/b.ts";'],
    ["operator/src/controllers/federated-training-job/decide/a.ts", 'import { request } from "undici";'],
    ["packages/kit/src/a.ts", 'import { x } from "@tributary/federated";'],
  ])("refuses in %s: %s", (path, text) => {
    expect(violationsOf({ path, text, imports: importsOf(text) })).toHaveLength(1);
  });

  it("has no cycle between files", () => {
    expect(findCycle(sources)).toEqual([]);
  });
});

function findCycle(sources: readonly SourceFile[]): string[] {
  const edges = new Map(
    sources.map((file) => [
      file.path,
      file.imports.filter((name) => name.startsWith(".")).map((name) => resolveRelative(file.path, name)),
    ]),
  );
  const done = new Set<string>();
  function visit(path: string, trail: readonly string[]): string[] {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return [];
    for (const next of edges.get(path) ?? []) {
      const cycle = visit(next, [...trail, path]);
      if (cycle.length > 0) return cycle;
    }
    done.add(path);
    return [];
  }
  for (const path of edges.keys()) {
    const cycle = visit(path, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}
