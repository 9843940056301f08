import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type BuildOptions, build } from "esbuild";
import type { BundleSet } from "./bundles.ts";

/** What bundled CommonJS packages look for and a module does not have. */
const commonJsGlobals = `import { createRequire as createRequireOfBundle } from "node:module";
import { dirname as dirnameOfBundle } from "node:path";
import { fileURLToPath as fileOfBundle } from "node:url";
const require = createRequireOfBundle(import.meta.url);
const __filename = fileOfBundle(import.meta.url);
const __dirname = dirnameOfBundle(__filename);`;

/**
 * Bundles the programs of one image into `<outputRoot>/<name>`, one file each, and returns that folder. The same sources give the
 * same bytes. Stack traces keep their names: nothing is minified. Several programs may do this at once.
 * @param root the repository's root
 */
export async function bundlePrograms(set: BundleSet, root: string, outputRoot: string): Promise<string> {
  const folder = join(outputRoot, set.name);
  for (const [file, source] of Object.entries(set.files)) {
    await bundleFile(outputRoot, join(folder, file), {
      entryPoints: [join(root, source)],
      absWorkingDir: root,
      format: "esm",
      banner: { js: commonJsGlobals },
      external: [...(set.external ?? [])],
    });
  }
  // Threads end in .js and are modules.
  await writeWhole(outputRoot, join(folder, "package.json"), '{"type":"module"}\n');
  await removeOthers(folder, [...Object.keys(set.files), "package.json"]);
  return folder;
}

async function bundleFile(outputRoot: string, target: string, options: BuildOptions): Promise<void> {
  const result = await build({
    ...options,
    outfile: target,
    write: false,
    bundle: true,
    platform: "node",
    target: "node24",
    legalComments: "none",
    logLevel: "silent",
  });
  for (const file of result.outputFiles) await writeWhole(outputRoot, file.path, file.contents);
}

/** Whoever packs the folder meanwhile finds neither half a file nor one that is about to be renamed. */
async function writeWhole(outputRoot: string, path: string, contents: string | Uint8Array): Promise<void> {
  const scratch = join(outputRoot, ".partial");
  const fresh = join(scratch, `${basename(path)}.${process.pid}`);
  for (const folder of [scratch, dirname(path)]) await mkdir(folder, { recursive: true });
  await writeFile(fresh, contents);
  await rename(fresh, path);
}

/** Removes what earlier versions made. */
async function removeOthers(folder: string, kept: readonly string[]): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!kept.includes(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** What the download helper of tfjs-node would need to publish addons; never called in an image. */
const neverCalled = ["aws-sdk", "mock-aws-s3", "nock"];

/**
 * Bundles `@tensorflow/tfjs-node` with what it needs into one file, `dist/index.js` of the folder that is returned. The image puts
 * its `package.json`, by which it finds its addon, the addon and the libraries beside it.
 */
export async function bundleTensorFlow(packageFolder: string, outputRoot: string): Promise<string> {
  const folder = join(outputRoot, "tfjs-node");
  await bundleFile(outputRoot, join(folder, "dist/index.js"), {
    entryPoints: [join(packageFolder, "dist/index.js")],
    format: "cjs",
    external: neverCalled,
    loader: { ".html": "text" },
  });
  return folder;
}
