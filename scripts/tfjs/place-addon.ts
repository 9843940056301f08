import { copyFile, link, mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { addonFiles } from "./pins.ts";

/** Says whether every file of the addon in `packageDir` is the one that the cache holds (same file, or same size). */
export async function isAddonPlaced(cacheDir: string, packageDir: string): Promise<boolean> {
  for (const name of addonFiles) {
    const [cached, placed] = await Promise.all([sizeOf(join(cacheDir, name)), sizeOf(join(packageDir, name))]);
    if (cached === undefined || cached !== placed) return false;
  }
  return true;
}

/**
 * Puts the addon into `node_modules/@tensorflow/tfjs-node`: hard links where the cache is on the same file system (no
 * second 600 MB, and whoever packs the folder sees plain files), copies elsewhere.
 */
export async function placeAddon(cacheDir: string, packageDir: string): Promise<void> {
  for (const name of addonFiles) {
    const target = join(packageDir, name);
    const fresh = `${target}.${process.pid}`;
    await mkdir(dirname(target), { recursive: true });
    await rm(fresh, { force: true });
    await linkOrCopy(join(cacheDir, name), fresh);
    await rename(fresh, target);
  }
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!["EXDEV", "EPERM", "EMLINK"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    await copyFile(from, to);
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch {
    return undefined;
  }
}
