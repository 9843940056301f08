import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { listFiles, readSources, repositoryRoot } from "./sources.ts";

const sources = readSources(["packages", "operator/src", "worker-image/src", "cli/src", "test", "scripts", "bench"]);

describe("shape of the tree", () => {
  it("keeps every file under 600 lines", () => {
    const long = sources.filter((file) => file.text.split("\n").length > 600).map((file) => file.path);
    expect(long).toEqual([]);
  });

  it("names files in kebab case", () => {
    const odd = sources
      .map((file) => file.path)
      .filter((path) => !/^[a-z0-9.-]+\.ts$/u.test(path.split("/").at(-1) as string));
    expect(odd).toEqual([]);
  });

  it("exports nothing by wildcard", () => {
    const wild = sources.filter((file) => /^export \* from/mu.test(file.text)).map((file) => file.path);
    expect(wild).toEqual([]);
  });

  it("pins every dependency exactly and justifies it in docs/dependencies.md", () => {
    const page = readFileSync(join(repositoryRoot, "docs/dependencies.md"), "utf8");
    const problems = listFiles(["."], ["package.json"]).flatMap((path) => {
      const manifest = JSON.parse(readFileSync(join(repositoryRoot, path), "utf8")) as Record<
        string,
        Record<string, string> | undefined
      >;
      const all = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
      return Object.entries(all).flatMap(([name, version]) => [
        ...(/^\d+\.\d+\.\d+[-.\w]*$/u.test(version) ? [] : [`${path}: ${name}@${version} is not exact`]),
        ...(name.startsWith("@tributary/") || name === "kubectl-tributary" || page.includes(`\`${name}\``)
          ? []
          : [`${name} is not in docs/dependencies.md`]),
      ]);
    });
    expect(problems).toEqual([]);
  });

  it("describes every field of every CRD", () => {
    const missing = listFiles(["crds"], [".yaml"]).flatMap((path) => {
      const crd = parse(readFileSync(join(repositoryRoot, path), "utf8"));
      return undescribed(crd.spec.versions[0].schema.openAPIV3Schema, path);
    });
    expect(missing).toEqual([]);
  });
});

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

function undescribed(schema: Schema, path: string): string[] {
  const below = Object.entries(schema.properties ?? {}).filter(([name]) => name !== "metadata");
  return [
    ...below.filter(([, child]) => child.description === undefined).map(([name]) => `${path}.${name}`),
    ...below.flatMap(([name, child]) => undescribed(child, `${path}.${name}`)),
    ...(schema.items === undefined ? [] : undescribed(schema.items, `${path}[]`)),
  ];
}
