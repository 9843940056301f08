import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type BuiltImage, buildImage, type Progress } from "@tributary/clouds";
import { addonFiles } from "../tfjs/pins.ts";
import { bundlePrograms, bundleTensorFlow } from "./bundle.ts";
import { bundleSets } from "./bundles.ts";
import { dataplaneRecipe, operatorRecipe, pythonTrainerRecipe, trainerRecipe } from "./recipes.ts";

/** The images of Tributary. */
export const imageNames = ["operator", "dataplane", "trainer-tfjs", "trainer-python"] as const;

/** Name of one image. */
export type ImageName = (typeof imageNames)[number];

/** Builds the images that are asked for, each once for its content, and returns them by name. Needs root, no container engine. */
export async function buildImages(
  root: string,
  names: readonly ImageName[],
  progress: Progress,
): Promise<Map<ImageName, BuiltImage>> {
  const built = new Map<ImageName, BuiltImage>();
  for (const name of names) built.set(name, await buildImage({ ...(await recipes[name](root)), progress }));
  return built;
}

/** Bundles lie in the tree, out of version control, so that a person can look at what runs in the clouds. */
const outputOf = (root: string) => join(root, "dist/bundles");
const tensorFlowOf = (root: string) => join(root, "node_modules/@tensorflow/tfjs-node");

/** Bundles every program, the kubectl plug-in too, into `dist/bundles`; returns the folders. */
export async function bundleAll(root: string): Promise<string[]> {
  const folders: string[] = [];
  for (const set of Object.values(bundleSets)) folders.push(await bundlePrograms(set, root, outputOf(root)));
  return [...folders, await bundleTensorFlow(tensorFlowOf(root), outputOf(root))];
}

const recipes = {
  operator: async (root: string) =>
    operatorRecipe(root, { operator: await bundlePrograms(bundleSets.operator, root, outputOf(root)) }),
  dataplane: async (root: string) =>
    dataplaneRecipe(root, { dataplane: await bundlePrograms(bundleSets.dataplane, root, outputOf(root)) }),
  "trainer-tfjs": async (root: string) => {
    const absent = addonFiles.find((file) => !existsSync(join(tensorFlowOf(root), file)));
    if (absent !== undefined) {
      throw new Error(`the TensorFlow.js addon is not built (${absent} is absent); run node scripts/tfjs/install.ts`);
    }
    return trainerRecipe(root, {
      trainer: await bundlePrograms(bundleSets.trainer, root, outputOf(root)),
      tensorFlow: await bundleTensorFlow(tensorFlowOf(root), outputOf(root)),
    });
  },
  "trainer-python": async (root: string) => {
    const path = join(root, "worker-image/trainers/python/requirements.txt");
    if (!existsSync(path)) throw new Error(`${path} is missing: it pins the packages of the Python trainer`);
    return pythonTrainerRecipe(root, readFileSync(path, "utf8"));
  },
};
