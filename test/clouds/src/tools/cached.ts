import { mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { type LockOptions, withLock } from "../lock.ts";

/** One kind of thing in the cache. */
export interface CacheEntry extends LockOptions {
  /** Folder of the cache that holds `<name>/<hash>`. */
  readonly root: string;
  readonly name: string;
  readonly hash: string;
  /** How many folders of this name to keep, the most recently used first; all when absent. */
  readonly keep?: number;
}

/**
 * Returns the folder `<root>/<name>/<hash>`, made by `make` if it is not there. `make` fills a folder beside it that is renamed when
 * whole, so a killed build leaves nothing that looks finished; a lock lets one program build while others wait for it, at most
 * `timeoutMs`.
 */
export async function cachedFolder(entry: CacheEntry, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(entry.root, entry.name, entry.hash);
  if (await isThere(folder)) {
    await markUsed(folder);
    return folder;
  }
  await withLock(
    join(entry.root, entry.name, ".lock"),
    async () => {
      if (await isThere(folder)) return;
      const partial = `${folder}.partial`;
      await rm(partial, { recursive: true, force: true });
      await mkdir(partial, { recursive: true });
      await make(partial);
      await rename(partial, folder);
      await removeLeastRecentlyUsed(join(entry.root, entry.name), entry.keep ?? Number.POSITIVE_INFINITY);
    },
    entry,
  );
  return folder;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error: unknown) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

async function markUsed(folder: string): Promise<void> {
  const now = new Date();
  await utimes(folder, now, now);
}

async function removeLeastRecentlyUsed(parent: string, keep: number): Promise<void> {
  const folders = (await readdir(parent, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const used = await Promise.all(
    folders.map(async ({ name }) => ({ path: join(parent, name), usedAtMs: (await stat(join(parent, name))).mtimeMs })),
  );
  const surplus = used.sort((a, b) => b.usedAtMs - a.usedAtMs).slice(keep);
  for (const { path } of surplus) await rm(path, { recursive: true, force: true });
}
