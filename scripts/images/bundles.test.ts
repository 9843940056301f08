import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { type BundleSet, bundleSets } from "./bundles.ts";

const root = join(import.meta.dirname, "../..");
const sets: readonly BundleSet[] = Object.values(bundleSets);

describe("bundles", () => {
  it("hold every thread that the sources start, under the name they start it by", () => {
    const sources = globSync("{operator,worker-image,packages/*}/src/**/*.ts", { cwd: root }).filter(
      (path) => !path.includes(".test."),
    );
    const started = sources.flatMap((path) =>
      [...readFileSync(join(root, path), "utf8").matchAll(/"\.\/([\w-]+-thread\.js)"/gu)].map((match) => match[1]),
    );
    expect(started.length).toBeGreaterThan(0);
    const bundled = sets.flatMap(({ files }) => Object.keys(files));
    expect(started.filter((name) => !bundled.includes(name as string))).toEqual([]);
  });

  const { plugin: _, ...ofImages } = bundleSets;
  const programs = Object.values(ofImages).flatMap(({ files }) => Object.entries<string>(files));
  it.each(programs.filter(([file]) => file.endsWith(".mjs")))(
    "make %s of a program that listens for stop signals before it loads anything else",
    (_file, source) => {
      const [first] = readFileSync(join(root, source), "utf8").match(/^import .*$/mu) ?? [];
      expect(first).toBe('import "@tributary/kit/stop-early";');
    },
  );

  it.each(sets.flatMap(({ files }) => Object.entries(files)))("make %s from a source of its kind", (file, source) => {
    expect(readFileSync(join(root, source), "utf8")).not.toBe("");
    if (file.endsWith(".js")) expect(basename(source, ".ts")).toBe(basename(file, ".js"));
  });
});
