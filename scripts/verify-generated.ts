import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** Regenerates everything generated and fails when a committed file changes. */
function digestGenerated(): Map<string, string> {
  const files = execFileSync("git", ["ls-files", "--", ":(glob)**/generated/**"], { encoding: "utf8" })
    .split("\n")
    .filter(Boolean);
  return new Map(files.map((path) => [path, createHash("sha256").update(readFileSync(path)).digest("hex")]));
}

const before = digestGenerated();
execFileSync("node", ["scripts/generate.ts"], { stdio: "inherit" });
const after = digestGenerated();
const changed = [...after].filter(([path, digest]) => before.get(path) !== digest).map(([path]) => path);
if (changed.length > 0) {
  console.error(`generated files are stale; run \`make generate\` and commit:\n  ${changed.join("\n  ")}`);
  process.exitCode = 1;
}
