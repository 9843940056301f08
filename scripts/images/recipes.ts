import { join } from "node:path";
import type { CopiedFile, ImageRecipe } from "@tributary/clouds";
import { addonFiles } from "../tfjs/pins.ts";

/** Folders of bundled programs. */
export interface Bundles {
  readonly operator: string;
  readonly dataplane: string;
  readonly trainer: string;
  readonly tensorFlow: string;
}

/** Home of the programs in every image. */
const home = "/opt/tributary";
const node = "/usr/local/bin/node";

/** The user that every chart runs the images as; the images do so too when nobody says otherwise. */
const settings = {
  user: "65532:65532",
  workingDirectory: home,
  environment: ["PATH=/usr/local/bin:/usr/bin:/bin", "NODE_ENV=production"],
};

/** Packages of the Python trainer, exactly as `worker-image/trainers/python/requirements.txt` names them. */
export function pythonPackages(requirements: string): string[] {
  return requirements
    .split("\n")
    .map((line) => line.replace(/#.*/u, "").trim())
    .filter((line) => line !== "");
}

/** The Node.js that npm installed, which is the one that all tests run with. */
export function nodeLayer(root: string): CopiedFile[] {
  return [{ from: join(root, `node_modules/node-linux-${process.arch}/bin/node`), to: node }];
}

/**
 * Flags of the operator's Node.js, so that what it takes follows what it holds. Left to itself its heap grows with the machine: 128 MiB
 * of young generation where no limit is set and 2 where it is 512, and 400 MiB of which a collection leaves 95.
 */
export const operatorFlags = ["--max-semi-space-size=8", "--heap-growing-percent=30"];
/**
 * Flags of the data plane's Node.js. A body comes in buffers of 16 KiB that lie outside the heap, and V8 counts them against the heap's
 * limit, which is some 9 MiB above a heap of 14 where memory is limited: with a young generation of 1 MiB and no more said, whole
 * collections, fifteen in a round of 100 MiB, took a third of a sidecar's time. A young generation that is soon full frees the buffers
 * before; a heap that may treble leaves room for those that wait.
 */
export const dataplaneFlags = ["--max-semi-space-size=2", "--heap-growing-percent=200"];
/** For operator and data plane, so that what they take follows what they hold: glibc gives each thread that it can a heap of its own. */
export const oneHeap = { MALLOC_ARENA_MAX: "1" };

const oneHeapSettings = {
  ...settings,
  environment: [...settings.environment, ...Object.entries(oneHeap).map(([name, value]) => `${name}=${value}`)],
};

/** Image of the operator. */
export function operatorRecipe(root: string, bundles: Pick<Bundles, "operator">): ImageRecipe {
  return {
    name: "operator",
    base: {},
    layers: [nodeLayer(root), [{ from: bundles.operator, to: home }]],
    entrypoint: [node, ...operatorFlags, `${home}/operator.mjs`],
    ...oneHeapSettings,
  };
}

/** Image of aggregator, sidecar and gate; the first argument chooses. */
export function dataplaneRecipe(root: string, bundles: Pick<Bundles, "dataplane">): ImageRecipe {
  return {
    name: "dataplane",
    base: {},
    layers: [nodeLayer(root), [{ from: bundles.dataplane, to: home }]],
    entrypoint: [node, ...dataplaneFlags, `${home}/launcher.mjs`],
    ...oneHeapSettings,
  };
}

/** Image of the built-in trainer on the CPU: TensorFlow.js with the library of a pinned wheel. */
export function trainerRecipe(root: string, bundles: Pick<Bundles, "trainer" | "tensorFlow">): ImageRecipe {
  const installed = join(root, "node_modules/@tensorflow/tfjs-node");
  const target = `${home}/node_modules/@tensorflow/tfjs-node`;
  return {
    name: "trainer-tfjs",
    base: {},
    layers: [
      nodeLayer(root),
      addonFiles.map((file) => ({ from: join(installed, file), to: `${target}/${file}` })),
      [
        { from: join(installed, "package.json"), to: `${target}/package.json` },
        { from: join(bundles.tensorFlow, "dist"), to: `${target}/dist` },
        { from: join(bundles.trainer, "trainer.mjs"), to: `${home}/trainer.mjs` },
      ],
    ],
    entrypoint: [node, `${home}/trainer.mjs`],
    ...settings,
  };
}

/** Image of the trainer in Python. */
export function pythonTrainerRecipe(root: string, requirements: string): ImageRecipe {
  return {
    name: "trainer-python",
    base: { packages: ["python3"], pythonPackages: pythonPackages(requirements) },
    layers: [
      [
        // File by file: a folder from which Python ran also holds its caches.
        ...["requirements.txt", "trainer.py"].map((file) => ({
          from: join(root, "worker-image/trainers/python", file),
          to: `${home}/${file}`,
        })),
        { from: join(root, "proto"), to: `${home}/proto` },
      ],
    ],
    entrypoint: ["/usr/bin/python3", `${home}/trainer.py`],
    ...settings,
    environment: [
      ...settings.environment,
      `PYTHONPATH=${home}/proto`,
      "PYTHONUNBUFFERED=1",
      "PYTHONDONTWRITEBYTECODE=1",
    ],
  };
}
