import { fileURLToPath } from "node:url";
import { ensureSystemPackages, ensureTools, toStandardError } from "@tributary/clouds";
import { buildImages, imageNames } from "./images/build-images.ts";

/** Fills the caches that the suites need, side by side: images download while the programs of the clouds compile. */
async function main(): Promise<void> {
  const root = fileURLToPath(new URL("..", import.meta.url));
  await ensureSystemPackages(toStandardError);
  const images = buildImages(root, imageNames, toStandardError).catch((error: unknown) => {
    toStandardError(`images could not be built, the suites that need them try again: ${error}`);
  });
  await Promise.all([ensureTools(toStandardError), images]);
}

await main();
