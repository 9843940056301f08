import { execFile, execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JobName, JobOutcome } from "./bit-equality/run-job.ts";

/** The commit before rounds were opened by terms and started by starts. */
const BASELINE = "553d8a2";
const root = fileURLToPath(new URL("../../", import.meta.url));
const program = join(root, "test/conformance/bit-equality/run-job.ts");
const run = promisify(execFile);

/** A clone of no depth has no history to compare with. */
const hasBaseline = isThere(BASELINE);
let baseline: string;
beforeAll(async () => {
  if (hasBaseline) baseline = await checkOut(BASELINE);
}, 120_000);
afterAll(async () => {
  if (hasBaseline) await rm(baseline, { recursive: true, force: true });
});

function isThere(commit: string): boolean {
  try {
    execFileSync("git", ["-C", root, "cat-file", "-e", `${commit}^{commit}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** The files of a commit beside the packages of this checkout, but for its own. */
async function checkOut(commit: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "baseline-"));
  const archive = execFileSync("git", ["-C", root, "archive", commit], { maxBuffer: 2 ** 30 });
  execFileSync("tar", ["-x", "-C", folder], { input: archive });
  await mkdir(join(folder, "node_modules/@tributary"), { recursive: true });
  for (const name of await readdir(join(root, "node_modules"))) {
    if (name.startsWith(".") || name === "@tributary") continue;
    await symlink(join(root, "node_modules", name), join(folder, "node_modules", name));
  }
  for (const name of ["bench", "test", "operator", "worker-image", ...["contracts", "federated", "kit"]]) {
    const place = existsSync(join(folder, "packages", name)) ? join("packages", name) : name;
    const link = join(folder, "node_modules/@tributary", name);
    await symlink(relative(dirname(link), join(folder, place)), link);
  }
  await symlink("../../test/clouds", join(folder, "node_modules/@tributary/clouds"));
  return folder;
}

async function outcomeOf(checkout: string, name: JobName): Promise<JobOutcome> {
  const { stdout } = await run(process.execPath, [program, checkout, name], { timeout: 400_000, maxBuffer: 2 ** 24 });
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as JobOutcome;
}

describe.skipIf(!hasBaseline)(`the same models, sums and metrics as ${BASELINE}, bit for bit`, () => {
  it.each<JobName>(["noop", "decoder", "drop-outs"])(
    "%s",
    async (name) => {
      const [before, now] = [await outcomeOf(baseline, name), await outcomeOf(root, name)];
      expect(now).toEqual(before);
      const { rounds } = now;
      expect(rounds.map(({ outcome }) => outcome)).toEqual(["Committed", "Committed", "Committed", "Evaluated"]);
      expect(new Set(rounds.slice(0, 3).map(({ modelSha256 }) => modelSha256)).size).toBe(3);
      expect(rounds.map(({ sums }) => sums.length > 0)).toEqual([true, true, true, false]);
      expect(rounds.map(({ dropOuts }) => dropOuts)).toEqual([0, name === "drop-outs" ? 1 : 0, 0, 0]);
    },
    600_000,
  );
});
