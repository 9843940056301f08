import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
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
 * same bytes. Stack traces keep their names: nothing is minified.
 * @param root the repository's root
 */
export async function bundlePrograms(set: BundleSet, root: string, outputRoot: string): Promise<string> {
  const folder = join(outputRoot, set.name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const [file, source] of Object.entries(set.files)) {
    await build({
      entryPoints: [join(root, source)],
      outfile: join(folder, file),
      absWorkingDir: root,
      bundle: true,
      platform: "node",
      target: "node24",
      format: "esm",
      banner: { js: commonJsGlobals },
      external: [...(set.external ?? [])],
      legalComments: "none",
      logLevel: "silent",
    });
  }
  // Threads end in .js and are modules.
  await writeFile(join(folder, "package.json"), '{"type":"module"}\n');
  return folder;
}

/** What the download helper of tfjs-node would need to publish addons; never called in an image. */
const neverCalled = ["aws-sdk", "mock-aws-s3", "nock"];

/**
 * Bundles `@tensorflow/tfjs-node` with what it needs into one file, in a folder that looks like the package: its `package.json`,
 * by which it finds its addon, and `dist/index.js`. The addon and the libraries are copied beside it by the image.
 */
export async function bundleTensorFlow(packageFolder: string, outputRoot: string): Promise<string> {
  const folder = join(outputRoot, "tfjs-node");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await build({
    entryPoints: [join(packageFolder, "dist/index.js")],
    outfile: join(folder, "dist/index.js"),
    bundle: true,
    platform: "node",
    target: "node24",
    format: "cjs",
    external: neverCalled,
    loader: { ".html": "text" },
    legalComments: "none",
    logLevel: "silent",
  });
  return folder;
}
