import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { identify, isAlive, parsePidFile, renderPidFile } from "../processes/process-identity.ts";

const scratchRoot = () => join(tmpdir(), "tributary-control-planes");

/**
 * Makes an empty folder for one control plane, marked with the identity of this program, and removes the folders of programs that died
 * before they could.
 */
export async function createScratchDirectory(name: string): Promise<string> {
  await mkdir(scratchRoot(), { recursive: true });
  await removeAbandoned();
  const directory = await mkdtemp(join(scratchRoot(), `${name}-`));
  await writeFile(join(directory, "owner"), renderPidFile(identify(process.pid)));
  return directory;
}

async function removeAbandoned(): Promise<void> {
  for (const entry of await readdir(scratchRoot())) {
    const directory = join(scratchRoot(), entry);
    const owner = parsePidFile(await readFile(join(directory, "owner"), "utf8").catch(() => ""));
    // No owner yet: another program is between making its folder and marking it.
    if (owner && !isAlive(owner)) await rm(directory, { recursive: true, force: true });
  }
}
