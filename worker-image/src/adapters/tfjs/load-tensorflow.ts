import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import util from "node:util";
import type * as TfjsNode from "@tensorflow/tfjs-node";

/** The parts of TensorFlow.js for Node that the trainer uses. */
export type TensorFlow = typeof TfjsNode;

let loaded: Promise<TensorFlow> | undefined;

/**
 * Loads TensorFlow.js with its native addon, once. The import is late because it takes most of a second and 200 MB.
 * @throws Error when the addon was not built (`scripts/tfjs/install.ts` builds it)
 */
export function loadTensorFlow(): Promise<TensorFlow> {
  loaded ??= importTensorFlow();
  return loaded;
}

async function importTensorFlow(): Promise<TensorFlow> {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
  restoreRemovedUtilities();
  const module = (await import("@tensorflow/tfjs-node")) as TensorFlow & { default?: TensorFlow };
  return module.default ?? module;
}

/** tfjs-node 4.22 still calls two functions that Node 23 removed from `node:util`. */
function restoreRemovedUtilities(): void {
  const target = util as unknown as Record<string, unknown>;
  target.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  target.isArray ??= Array.isArray;
}

/** Whether the native addon stands in `node_modules`; tests that need it are skipped with a word where it does not. */
export function isTensorFlowInstalled(): boolean {
  const packageJson = createRequire(import.meta.url).resolve("@tensorflow/tfjs-node/package.json");
  return existsSync(join(dirname(packageJson), "lib/napi-v8/tfjs_binding.node"));
}
