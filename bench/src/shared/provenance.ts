import { execFileSync } from "node:child_process";
import { cpus, loadavg, totalmem } from "node:os";
import type { Provenance } from "./bench-line.ts";

/** Bench, commit and machine of the figures of this run. */
export function provenanceOf(bench: string): Provenance {
  return { bench, commit: commit(), machine: machine() };
}

function commit(): string {
  const text = (args: string[]) => execFileSync("git", args, { encoding: "utf8" }).trim();
  return `${text(["rev-parse", "--short", "HEAD"])}${text(["status", "--porcelain", "-uno"]) === "" ? "" : "+changes"}`;
}

function machine(): string {
  const memoryGib = Math.round(totalmem() / 2 ** 30);
  const load = loadavg()[0]!.toFixed(1);
  return `${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, ${memoryGib} GiB, Node ${process.versions.node}, load ${load} at start`;
}
