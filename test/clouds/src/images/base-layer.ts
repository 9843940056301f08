import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../command.ts";
import { cacheDirectory } from "../paths.ts";
import type { Progress } from "../progress.ts";
import { cachedFolder } from "../tools/cached.ts";
import { contentHash } from "../tools/content-hash.ts";
import { type Layer, packLayer } from "./oci-archive.ts";

/** What the root file system of an image begins with. */
export interface ImageBase {
  /** Debian packages beyond the minimal system, for example `python3`. */
  readonly packages?: readonly string[];
  /** Python packages with exact versions, for example `numpy==2.3.1`, and all that they need; needs `python3` among the packages. */
  readonly pythonPackages?: readonly string[];
}

const suite = "bookworm";
/** Version of Python in the suite: its packages are chosen for it, whatever Python this machine has. */
const pythonVersion = "3.11";
const buildTimeoutMs = 20 * 60 * 1000;

/** Parts of the minimal system that no image needs. */
const removed = ["var/cache/apt", "var/lib/apt/lists", "var/log", "usr/share/doc", "usr/share/man", "usr/share/locale"];

/** Makes the layer of a base once, then finds it by what it was made of: about 40 s the first time. Needs root. */
export async function buildBaseLayer(base: ImageBase, progress: Progress): Promise<Layer> {
  const hash = await contentHash("/", [], [JSON.stringify([suite, base.packages ?? [], base.pythonPackages ?? []])]);
  const entry = { root: join(cacheDirectory(), "images"), name: "base", hash, timeoutMs: buildTimeoutMs };
  const folder = await cachedFolder(entry, async (partial) => {
    progress(`making a Debian ${suite} base${describe(base)}`);
    const root = join(partial, "root");
    await installDebian(root, base.packages ?? []);
    await installPythonPackages(root, base.pythonPackages ?? []);
    for (const path of removed) await rm(join(root, path), { recursive: true, force: true });
    for (const path of ["var/log", "var/cache/apt", "var/lib/apt/lists"])
      await mkdir(join(root, path), { recursive: true });
    const layer = await packLayer(root, join(partial, "layer.tar.zst"));
    await rm(root, { recursive: true });
    await writeFile(join(partial, "layer.json"), JSON.stringify(layer));
  });
  return readLayer(folder);
}

/** Reads the layer that was written into a folder of the cache, wherever that folder was when it was written. */
export async function readLayer(folder: string): Promise<Layer> {
  const layer: Layer = JSON.parse(await readFile(join(folder, "layer.json"), "utf8"));
  return { ...layer, path: join(folder, "layer.tar.zst") };
}

function describe(base: ImageBase): string {
  const extras = [...(base.packages ?? []), ...(base.pythonPackages ?? [])];
  return extras.length === 0 ? "" : ` with ${extras.join(", ")}`;
}

async function installDebian(root: string, packages: readonly string[]): Promise<void> {
  const include = packages.length > 0 ? [`--include=${packages.join(",")}`] : [];
  await runCommand("debootstrap", ["--variant=minbase", ...include, suite, root, await debianMirror()], {
    timeoutMs: buildTimeoutMs,
  });
}

/** The Debian mirror this machine's own packages come from. */
async function debianMirror(): Promise<string> {
  const format = "$(REPO_URI) $(RELEASE) $(COMPONENT)";
  const targets = await runCommand("apt-get", ["indextargets", "--format", format, "Created-By: Packages"]);
  const mirror = mirrorIn(targets);
  if (!mirror) throw new Error(`the apt sources of this machine have no main component of Debian ${suite}`);
  return mirror;
}

/** Finds the mirror of the suite in lines of `URI suite component`. */
export function mirrorIn(targets: string): string | undefined {
  const line = targets.split("\n").find((candidate) => candidate.endsWith(` ${suite} main`));
  return line?.split(" ")[0];
}

async function installPythonPackages(root: string, packages: readonly string[]): Promise<void> {
  if (packages.length === 0) return;
  const target = join(root, "usr", "local", "lib", `python${pythonVersion}`, "dist-packages");
  const machine = process.arch === "arm64" ? "aarch64" : "x86_64";
  const platforms = ["manylinux2014", "manylinux_2_17", "manylinux_2_28"].map(
    (name) => `--platform=${name}_${machine}`,
  );
  const wheelsOnly = ["--only-binary=:all:", "--implementation=cp", `--python-version=${pythonVersion}`, ...platforms];
  await runCommand(
    "python3",
    ["-m", "pip", "install", "--no-compile", "--no-deps", `--target=${target}`, ...wheelsOnly, ...packages],
    {
      timeoutMs: buildTimeoutMs,
    },
  );
}
