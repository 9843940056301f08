import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { link, mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createZstdCompress } from "node:zlib";
import { runCommand } from "../command.ts";

/** One layer of an image: a compressed file and the digests the image's documents name it by. */
export interface Layer {
  readonly path: string;
  readonly sizeBytes: number;
  /** `sha256:…` of the compressed and of the plain tar. */
  readonly digest: string;
  readonly plainDigest: string;
}

/** How an image is run, in the words of the OCI image specification. */
export interface ImageSettings {
  readonly entrypoint: readonly string[];
  /** `NAME=value`. */
  readonly environment?: readonly string[];
  /** `uid` or `uid:gid`. */
  readonly user?: string;
  readonly workingDirectory?: string;
}

const manifestType = "application/vnd.oci.image.manifest.v1+json";
const configType = "application/vnd.oci.image.config.v1+json";
const layerType = "application/vnd.oci.image.layer.v1.tar+zstd";
const architectures: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/** tar options under which the same files make the same bytes, whoever made them and when. */
const reproducible = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--format=pax"];
const plainHeaders = "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime";

/** Packs a folder into a layer file. Owners become root; modes and links are kept. */
export async function packLayer(folder: string, path: string): Promise<Layer> {
  const plainPath = `${path}.tar`;
  await runCommand(
    "tar",
    [...reproducible, plainHeaders, "--create", "--file", plainPath, "--directory", folder, "."],
    {
      timeoutMs: 600_000,
    },
  );
  const plain = createHash("sha256");
  const packed = createHash("sha256");
  await pipeline(
    createReadStream(plainPath, { highWaterMark: 1 << 20 }),
    hashing(plain),
    createZstdCompress(),
    hashing(packed),
    createWriteStream(`${path}.new`),
  );
  await rename(`${path}.new`, path);
  await rm(plainPath);
  const { size } = await stat(path);
  return { path, sizeBytes: size, digest: digestOf(packed), plainDigest: digestOf(plain) };
}

function hashing(hash: ReturnType<typeof createHash>): Transform {
  return new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
}

function digestOf(hash: ReturnType<typeof createHash>): string {
  return `sha256:${hash.digest("hex")}`;
}

interface Blob {
  readonly digest: string;
  readonly text: string;
}

/** The documents of an image: its configuration, and the manifest whose digest is the image's. */
export function renderImage(layers: readonly Layer[], settings: ImageSettings): { config: Blob; manifest: Blob } {
  const config = blobOf({
    architecture: architectures[process.arch] ?? process.arch,
    os: "linux",
    config: {
      Entrypoint: settings.entrypoint,
      Env: settings.environment ?? [],
      User: settings.user ?? "",
      WorkingDir: settings.workingDirectory ?? "/",
    },
    rootfs: { type: "layers", diff_ids: layers.map((layer) => layer.plainDigest) },
  });
  const manifest = blobOf({
    schemaVersion: 2,
    mediaType: manifestType,
    config: { mediaType: configType, digest: config.digest, size: Buffer.byteLength(config.text) },
    layers: layers.map(({ digest, sizeBytes }) => ({ mediaType: layerType, digest, size: sizeBytes })),
  });
  return { config, manifest };
}

function blobOf(document: object): Blob {
  const text = JSON.stringify(document);
  return { text, digest: digestOf(createHash("sha256").update(text)) };
}

/**
 * Writes an OCI archive with one image under its full name (`host/path:tag`), and returns the image's digest. One image an archive:
 * containerd gives two images of one archive each other's names.
 */
export async function writeOciArchive(
  archivePath: string,
  name: string,
  layers: readonly Layer[],
  settings: ImageSettings,
): Promise<string> {
  const folder = `${archivePath}.layout`;
  const blobs = join(folder, "blobs", "sha256");
  await rm(folder, { recursive: true, force: true });
  await mkdir(blobs, { recursive: true });
  const { config, manifest } = renderImage(layers, settings);
  for (const layer of layers) await link(layer.path, join(blobs, hexOf(layer.digest)));
  for (const blob of [config, manifest]) await writeFile(join(blobs, hexOf(blob.digest)), blob.text);
  await writeFile(join(folder, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  await writeFile(join(folder, "index.json"), JSON.stringify(renderIndex(name, manifest)));
  const contents = ["oci-layout", "index.json", "blobs"];
  await runCommand("tar", ["--create", "--file", `${archivePath}.new`, "--directory", folder, ...contents], {
    timeoutMs: 600_000,
  });
  await rename(`${archivePath}.new`, archivePath);
  await rm(folder, { recursive: true });
  return manifest.digest;
}

function renderIndex(name: string, manifest: Blob): object {
  const annotations = { "io.containerd.image.name": name, "org.opencontainers.image.ref.name": name.split(":").at(-1) };
  const entry = {
    mediaType: manifestType,
    digest: manifest.digest,
    size: Buffer.byteLength(manifest.text),
    annotations,
  };
  return { schemaVersion: 2, manifests: [entry] };
}

function hexOf(digest: string): string {
  return digest.replace("sha256:", "");
}
