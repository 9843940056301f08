import { mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { withLock } from "../lock.ts";

/**
 * Returns the folder `<root>/<name>/<hash>`, made by `make` if it is not there. `make` fills a folder beside it that is renamed when
 * whole, so a killed build leaves nothing that looks finished; a lock lets one program build while others wait for it, at most
 * `timeoutMs`.
 */
export async function cachedFolder(
  entry: { readonly root: string; readonly name: string; readonly hash: string; readonly timeoutMs: number },
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(entry.root, entry.name, entry.hash);
  if (await isThere(folder)) return folder;
  await withLock(
    join(entry.root, entry.name, ".lock"),
    async () => {
      if (await isThere(folder)) return;
      const partial = `${folder}.partial`;
      await rm(partial, { recursive: true, force: true });
      await mkdir(partial, { recursive: true });
      await make(partial);
      await rename(partial, folder);
    },
    { timeoutMs: entry.timeoutMs },
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
