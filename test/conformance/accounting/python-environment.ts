import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Path of a Python interpreter that has the pinned packages of a requirements file.
 *
 * The environment lies in the user's cache under a name made from the file's content, so it is built once, outside the
 * tree. The installation may be tried twice: it needs the network.
 */
export async function pythonWith(requirementsPath: string): Promise<string> {
  const digest = createHash("sha256")
    .update(await readFile(requirementsPath))
    .digest("hex")
    .slice(0, 16);
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "tributary", "python");
  const finished = join(cache, digest);
  if (!existsSync(finished)) await build(finished, `${finished}.${process.pid}.partial`, requirementsPath);
  return join(finished, "bin", "python");
}

async function build(finished: string, partial: string, requirementsPath: string): Promise<void> {
  await mkdir(partial, { recursive: true });
  await run("python3", ["-m", "venv", partial]);
  const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", requirementsPath];
  const python = join(partial, "bin", "python");
  await run(python, install).catch(() => run(python, install));
  await rename(partial, finished).catch(async (error) => {
    await rm(partial, { recursive: true, force: true });
    if (!existsSync(finished)) throw error;
  });
}

/** Runs a script with a JSON request on its standard input and reads the JSON answer from its standard output. */
export async function askPython(python: string, script: string, request: unknown): Promise<unknown> {
  const child = spawn(python, [script], { stdio: ["pipe", "pipe", "pipe"] });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  child.stdin.end(JSON.stringify(request));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code !== 0) throw new Error(`${script} ended with ${code}: ${Buffer.concat(errors).toString().slice(-2000)}`);
  return JSON.parse(Buffer.concat(output).toString());
}
