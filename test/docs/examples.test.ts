import { readFileSync } from "node:fs";
import { join } from "node:path";
import { validateManifest } from "kubectl-tributary";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { listFiles, repositoryRoot } from "../architecture/sources.ts";

const read = (path: string): string => readFileSync(join(repositoryRoot, path), "utf8");
const pages = listFiles(["."], [".md"]).filter((path) => !path.includes("node_modules"));

describe("examples", () => {
  const manifests = listFiles(["examples"], [".yaml"]).flatMap((path) =>
    parseAllDocuments(read(path)).map((document) => [path, document.toJS()] as const),
  );
  const ours = manifests.filter(([, manifest]) => String(manifest?.apiVersion).startsWith("tributary.dev/"));

  it("hold jobs", () => {
    expect(ours.length).toBeGreaterThan(1);
  });

  it.each(ours)("of %s are valid", (_path, manifest) => {
    expect(validateManifest(manifest)).toEqual([]);
  });
});

describe("pages", () => {
  it("name only make targets that exist", () => {
    const targets = new Set([...read("Makefile").matchAll(/^([a-z-]+):/gmu)].map((match) => match[1]));
    const named = pages.flatMap((path) =>
      [...read(path).matchAll(/`?make ([a-z][a-z-]+)/gu)].map((match) => [path, match[1]] as const),
    );
    const wrong = named.filter(
      ([path, target]) =>
        /`|```/u.test(read(path)) &&
        !targets.has(target) &&
        new RegExp(`\`make ${target}|^make ${target}`, "mu").test(read(path)),
    );
    expect(wrong).toEqual([]);
  });

  it("link only to files that exist", () => {
    const broken = pages.flatMap((path) =>
      [...read(path).matchAll(/\]\((?!https?:|#)([^)#\s]+)/gu)]
        .map((match) => join(path, "..", match[1] as string))
        .filter((target) => listFiles([target], [""]).length === 0)
        .map((target) => `${path} -> ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it("say the two commands first in the README", () => {
    const readme = read("README.md");
    expect(readme.indexOf("make demo")).toBeGreaterThan(0);
    expect(readme.indexOf("make test")).toBeLessThan(readme.indexOf("## How it fits together"));
  });
});
