import { cp, mkdir, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fetchLibraries } from "./fetch-libraries.ts";
import { libraries, pins } from "./pins.ts";
import { runCommand } from "./run-command.ts";

/** Folders that a build reads. */
export type BuildInputs = {
  /** The installed `@tensorflow/tfjs-node`. */
  readonly packageDir: string;
  /** A folder with `include/node`, as the npm packages `node-linux-*` have it, so that no headers are downloaded. */
  readonly nodeDir: string;
  /** The program of node-gyp. */
  readonly nodeGyp: string;
};

const linkNames = {
  "libtensorflow_cc.so.2": "libtensorflow.so",
  "libtensorflow_framework.so.2": "libtensorflow_framework.so",
};

/**
 * Builds the addon beside its libraries and moves the finished folder into place by one rename, so that an interrupted
 * build is never taken for a finished one.
 * @param target the cache folder to make; it holds `deps/lib` and `lib/napi-v8`
 */
export async function buildAddon(target: string, inputs: BuildInputs): Promise<void> {
  const buildDir = `${target}.${process.pid}`;
  await rm(buildDir, { recursive: true, force: true });
  await mkdir(buildDir, { recursive: true });
  try {
    await fetchLibraries(buildDir);
    for (const name of libraries) await symlink(name, join(buildDir, "deps/lib", linkNames[name]));
    for (const name of ["binding", "binding.gyp", "package.json"]) {
      await cp(join(inputs.packageDir, name), join(buildDir, name), { recursive: true });
    }
    compileAddon(buildDir, inputs);
    await keepOnlyResults(buildDir);
    await moveUnlessThere(buildDir, target);
  } finally {
    await rm(buildDir, { recursive: true, force: true });
  }
}

function compileAddon(buildDir: string, inputs: BuildInputs): void {
  const modulePath = join(buildDir, `lib/napi-v${pins.napiVersion}`);
  runCommand(
    process.execPath,
    [
      inputs.nodeGyp,
      "rebuild",
      `--nodedir=${inputs.nodeDir}`,
      "--module_name=tfjs_binding",
      `--module_path=${modulePath}`,
      `--napi_version=${pins.napiVersion}`,
      `--napi_build_version=${pins.napiVersion}`,
    ],
    { cwd: buildDir, timeoutMs: 15 * 60_000, env: { CXXFLAGS: "-O2" } },
  );
}

async function keepOnlyResults(buildDir: string): Promise<void> {
  const spent = [
    "build",
    "binding",
    "binding.gyp",
    "package.json",
    "deps/include",
    ...Object.values(linkNames).map((name) => `deps/lib/${name}`),
  ];
  for (const name of spent) await rm(join(buildDir, name), { recursive: true, force: true });
}

/** Two builds of the same content may race; the first one stays, for the second is the same. */
async function moveUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
  }
}
