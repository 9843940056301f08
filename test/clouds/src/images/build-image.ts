import { cp, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { cacheDirectory } from "../paths.ts";
import { type Progress, silent } from "../progress.ts";
import { cachedFolder } from "../tools/cached.ts";
import { contentHash, treeDigest } from "../tools/content-hash.ts";
import { buildBaseLayer, type ImageBase, readLayer } from "./base-layer.ts";
import { type ImageSettings, type Layer, packLayer, writeOciArchive } from "./oci-archive.ts";

/** A file or folder and where it goes in the image. */
export interface CopiedFile {
  readonly from: string;
  /** Absolute path in the image. `/bin`, `/lib` and `/sbin` are links in Debian: name the folder under `/usr` instead. */
  readonly to: string;
}

/** What an image is made of. */
export interface ImageRecipe extends ImageSettings {
  /** Last part of its name, for example `dataplane` for `tributary.local/dataplane`. */
  readonly name: string;
  readonly base: ImageBase;
  /** One layer a list. What rarely changes goes first: clusters import only the layers they do not have. */
  readonly layers: readonly (readonly CopiedFile[])[];
  readonly progress?: Progress;
}

/** A finished image. */
export interface BuiltImage {
  /** `tributary.local/<name>:<hash of everything in it>`. */
  readonly name: string;
  /** `sha256:…` of its manifest. */
  readonly digest: string;
  /** `tributary.local/<name>@sha256:…`, by which pods and runtimes should refer to it. */
  readonly reference: string;
  /** OCI archive, for `importImage`. */
  readonly archivePath: string;
}

const buildTimeoutMs = 30 * 60 * 1000;
/** Every change of a program makes a new image; older ones of its name are of no use to anybody. */
const keptImages = 3;
const keptLayers = 16;
const linkedFolders = ["/bin/", "/lib/", "/lib64/", "/sbin/"];

/**
 * Makes an image from a Debian base and files of this machine, once: the same inputs find the same archive again. The same files give
 * the same digest on every machine, as far as the Debian mirror gives the same packages. Needs root, no container engine.
 */
export async function buildImage(recipe: ImageRecipe): Promise<BuiltImage> {
  const progress = recipe.progress ?? silent;
  checkTargets(recipe);
  const layers = [await buildBaseLayer(recipe.base, progress)];
  for (const files of recipe.layers) layers.push(await buildFileLayer(files));
  const { entrypoint, environment = [], user = "", workingDirectory = "/" } = recipe;
  const settings = { entrypoint, environment, user, workingDirectory };
  const hash = await contentHash("/", [], [...layers.map((layer) => layer.digest), JSON.stringify(settings)]);
  const name = `tributary.local/${recipe.name}:${hash}`;
  const root = join(cacheDirectory(), "images");
  const entry = { root, name: recipe.name, hash, timeoutMs: buildTimeoutMs, keep: keptImages };
  const folder = await cachedFolder(entry, async (partial) => {
    progress(`packing ${name}`);
    const digest = await writeOciArchive(join(partial, "image.tar"), name, layers, settings);
    await writeFile(join(partial, "digest"), digest);
  });
  const digest = await readFile(join(folder, "digest"), "utf8");
  return {
    name,
    digest,
    reference: `tributary.local/${recipe.name}@${digest}`,
    archivePath: join(folder, "image.tar"),
  };
}

function checkTargets(recipe: ImageRecipe): void {
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(recipe.name)) {
    throw new Error(`image name "${recipe.name}" must be lower-case letters, digits, ".", "_" or "-"`);
  }
  for (const { to } of recipe.layers.flat()) {
    if (!isAbsolute(to)) throw new Error(`image ${recipe.name}: target "${to}" must be an absolute path`);
    if (linkedFolders.some((folder) => to.startsWith(folder))) {
      throw new Error(`image ${recipe.name}: target "${to}" lies in a folder that is a link; name /usr${to}`);
    }
  }
}

async function buildFileLayer(files: readonly CopiedFile[]): Promise<Layer> {
  const inputs = await Promise.all(files.map(async ({ from, to }) => `${to} ${await treeDigest(from)}`));
  const hash = await contentHash("/", [], inputs);
  const entry = {
    root: join(cacheDirectory(), "images"),
    name: "layer",
    hash,
    timeoutMs: buildTimeoutMs,
    keep: keptLayers,
  };
  const folder = await cachedFolder(entry, async (partial) => {
    const root = join(partial, "root");
    for (const { from, to } of files) await copyInto(root, from, to);
    const layer = await packLayer(root, join(partial, "layer.tar.zst"));
    await rm(root, { recursive: true });
    await writeFile(join(partial, "layer.json"), JSON.stringify(layer));
  });
  return readLayer(folder);
}

async function copyInto(root: string, from: string, to: string): Promise<void> {
  const target = join(root, to);
  await mkdir(dirname(target), { recursive: true, mode: 0o755 });
  const recursive = (await stat(from)).isDirectory();
  await cp(from, target, { recursive, verbatimSymlinks: true });
}
