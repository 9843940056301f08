import { chmod, copyFile, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { pauseImage } from "../clouds/node-config.ts";
import { cacheDirectory } from "../paths.ts";
import { cachedFolder } from "../tools/cached.ts";
import { contentHash } from "../tools/content-hash.ts";
import { packLayer, writeOciArchive } from "./oci-archive.ts";

/** Makes the archive of the image that holds pods' namespaces open, from the built `pause` program, once; returns its path. */
export async function buildPauseImage(pauseProgram: string): Promise<string> {
  const entry = {
    root: join(cacheDirectory(), "images"),
    name: "pause",
    hash: await contentHash("/", [pauseProgram], [pauseImage]),
    timeoutMs: 60_000,
  };
  const folder = await cachedFolder(entry, async (partial) => {
    const root = join(partial, "root");
    await mkdir(root);
    await copyFile(pauseProgram, join(root, "pause"));
    await chmod(join(root, "pause"), 0o755);
    const layer = await packLayer(root, join(partial, "layer.tar.zst"));
    await writeOciArchive(join(partial, "pause.tar"), pauseImage, [layer], { entrypoint: ["/pause"], user: "65535" });
    await rm(root, { recursive: true });
  });
  return join(folder, "pause.tar");
}
