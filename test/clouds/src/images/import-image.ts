import { join } from "node:path";
import type { CloudLayout } from "../clouds/cloud.ts";
import { runCommand } from "../command.ts";

const importTimeoutMs = 600_000;

/**
 * Imports an OCI archive with one image into a cloud's containerd, under its full name and its name with digest, where its pods find it
 * without a registry. An image that is there is not imported again.
 */
export async function importArchive(layout: CloudLayout, archivePath: string): Promise<void> {
  const index = await runCommand("tar", ["--extract", "--to-stdout", "--file", archivePath, "index.json"]);
  const { name, reference } = namesIn(index);
  const present = await listImages(layout);
  if (present.includes(name) && present.includes(reference)) return;
  await ctr(layout, ["images", "import", "--snapshotter=overlayfs", archivePath]);
  await ctr(layout, ["images", "tag", "--force", name, reference]);
}

/** Reads an archive's only image from its `index.json`: the full name, and the same name with its digest instead of the tag. */
export function namesIn(index: string): { readonly name: string; readonly reference: string } {
  const { manifests } = JSON.parse(index);
  const [image] = manifests;
  const name: unknown = image?.annotations?.["io.containerd.image.name"];
  if (manifests.length !== 1 || typeof name !== "string") {
    throw new Error(
      "an archive to import must hold one image with its full name in the annotation io.containerd.image.name",
    );
  }
  return { name, reference: `${name.slice(0, name.lastIndexOf(":"))}@${image.digest}` };
}

/** Full names of the images a cloud holds. */
export async function listImages(layout: CloudLayout): Promise<string[]> {
  return (await ctr(layout, ["images", "list", "--quiet"])).split("\n").filter(Boolean);
}

function ctr(layout: CloudLayout, args: readonly string[]): Promise<string> {
  // The socket seen from outside the cloud's mount namespace.
  const socket = join(layout.directory, "run", "containerd", "containerd.sock");
  return runCommand("ctr", ["--address", socket, "--namespace", "k8s.io", ...args], { timeoutMs: importTimeoutMs });
}
