import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { clusters, importImage, toStandardError } from "@tributary/clouds";
import { buildImages, bundleAll, type ImageName, imageNames } from "./images/build-images.ts";

const usage = `usage: node scripts/images.ts [--only NAME,…] [--load CLUSTER,…|all] [--bundles]
  builds the images (${imageNames.join(", ")}) and prints one line each: name, reference by digest, archive
  --only    builds these images only
  --load    imports them into these local clouds
  --bundles only bundles the programs, kubectl-tributary too, into dist/bundles`;

/** Builds images, imports them into local clouds, prints their references. */
async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { only: { type: "string" }, load: { type: "string" }, bundles: { type: "boolean" } },
  });
  const names = values.only?.split(",") ?? imageNames;
  const unknown = names.filter((name) => !imageNames.includes(name as ImageName));
  if (unknown.length > 0) {
    console.error(`--only names ${unknown.join(", ")}\n${usage}`);
    return 2;
  }
  const root = fileURLToPath(new URL("..", import.meta.url));
  if (values.bundles) {
    for (const folder of await bundleAll(root)) process.stdout.write(`${folder}\n`);
    return 0;
  }
  const images = await buildImages(root, names as readonly ImageName[], toStandardError);
  for (const [name, image] of images) process.stdout.write(`${name} ${image.reference} ${image.archivePath}\n`);
  for (const cluster of await clustersOf(values.load)) {
    for (const image of images.values()) {
      toStandardError(`${cluster}: importing ${image.name}`);
      await importImage(cluster, image.archivePath);
    }
  }
  return 0;
}

async function clustersOf(load: string | undefined): Promise<string[]> {
  if (load !== "all") return load?.split(",") ?? [];
  const { hub, members } = await clusters();
  return [hub, ...members].map((cluster) => cluster.name);
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  return 1;
});
