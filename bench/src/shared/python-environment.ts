import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const INSTALL_DEADLINE_MS = 600_000;

/**
 * The Python interpreter of a virtual environment with exactly the packages of a requirements file, made once and kept in the cache
 * folder by the file's digest.
 *
 * @throws when Python or the packages are not to be had; the message is the installer's.
 */
export function pythonWith(requirements: string): string {
  const digest = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 16);
  const root = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "tributary", "python");
  const python = join(root, digest, "bin", "python");
  if (existsSync(join(root, digest, "complete"))) return python;
  mkdirSync(root, { recursive: true });
  rmSync(join(root, digest), { recursive: true, force: true });
  const run = (command: string, args: readonly string[]) =>
    execFileSync(command, args, { stdio: ["ignore", "ignore", "inherit"], timeout: INSTALL_DEADLINE_MS });
  run("python3", ["-m", "venv", join(root, digest)]);
  run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]);
  // Last of all: an environment without the mark is one whose installation was cut short.
  mkdirSync(join(root, digest, "complete"));
  return python;
}
