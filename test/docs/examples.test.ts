import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { validateFiles } from "kubectl-tributary";
import { describe, expect, it } from "vitest";
import { listFiles, repositoryRoot } from "../architecture/sources.ts";

const read = (path: string): string => readFileSync(join(repositoryRoot, path), "utf8");
const pages = listFiles(["."], [".md"]).filter((path) => !path.includes("node_modules"));

describe("examples", () => {
  const manifests = listFiles(["examples"], [".yaml"]).filter((path) =>
    read(path).includes("apiVersion: tributary.dev/"),
  );

  it("hold jobs", () => {
    expect(manifests.length).toBeGreaterThan(1);
  });

  it.each(manifests)("in %s are valid", (path) => {
    expect(validateFiles([join(repositoryRoot, path)]).findings).toEqual([]);
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

  it("show what is promised by tests that exist", () => {
    const rows = read("docs/threat-model.md").split("\n");
    const from = rows.indexOf("## Who can learn what");
    const named = rows
      .slice(from)
      .flatMap((row) => (row.startsWith("|") ? (row.match(/(?<=`)[\w./-]+\.test\.ts(?=`)/gu) ?? []) : []));
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((path) => !existsSync(join(repositoryRoot, path)))).toEqual([]);
  });

  it("give kubectl tributary join only flags that it has", () => {
    const known = new Set(read("cli/src/join/command.ts").match(/--[a-z-]+/gu));
    const calls = [...pages, "charts/tributary-member/templates/NOTES.txt"].flatMap((path) =>
      [...read(path).matchAll(/kubectl tributary join .*(?:\\\n.*)*/gu)].map((match) => [path, match[0]] as const),
    );
    expect(calls.length).toBeGreaterThan(2);
    const wrong = calls.flatMap(([path, call]) =>
      (call.match(/--[a-z-]+/gu) ?? []).filter((flag) => !known.has(flag)).map((flag) => `${path}: ${flag}`),
    );
    expect(wrong).toEqual([]);
  });

  it("give kubectl tributary peers only verbs and flags that it has", () => {
    const source = read("cli/src/peers/command.ts");
    const verbs = new Set([...source.matchAll(/peers\.command\("([a-z]+)"\)/gu)].map((match) => match[1]));
    const known = new Set(source.match(/(?<![\w-])--?[a-z-]+/gu));
    const calls = pages.flatMap((path) =>
      [...read(path).matchAll(/^kubectl tributary peers ([a-z]+)(.*(?:\\\n.*)*)/gmu)].map(
        ([, verb, flags = ""]) => [path, verb, flags.match(/(?<= )--?[a-z-]+/gu) ?? []] as const,
      ),
    );
    expect(calls.length).toBeGreaterThan(8);
    const wrong = calls.filter(([, verb, flags]) => !verbs.has(verb) || flags.some((flag) => !known.has(flag)));
    expect(wrong).toEqual([]);
  });

  it("say the two commands first in the README", () => {
    const readme = read("README.md");
    expect(readme.indexOf("make demo")).toBeGreaterThan(0);
    expect(readme.indexOf("make test")).toBeLessThan(readme.indexOf("## How it fits together"));
  });
});
