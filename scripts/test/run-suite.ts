import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Suite, SuiteResult } from "./suites.ts";

type Counts = Pick<SuiteResult, "passed" | "failed" | "skipped">;

/** Runs one suite with its output on this terminal and counts its tests. */
export async function runSuite(suite: Suite): Promise<SuiteResult> {
  process.stdout.write(`\n== ${suite.name}\n`);
  const started = performance.now();
  const counts =
    suite.project === undefined ? await runCommands(suite.commands ?? []) : await runProject(suite.project);
  return { suite, ...counts, milliseconds: performance.now() - started };
}

async function runCommands(commands: readonly (readonly string[])[]): Promise<Counts> {
  let failed = 0;
  for (const command of commands) {
    const code = await run(command);
    process.stdout.write(`${code === 0 ? "ok" : "FAILED"}  ${command.join(" ")}\n`);
    if (code !== 0) failed += 1;
  }
  return { passed: commands.length - failed, failed, skipped: 0 };
}

async function runProject(project: string): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), "tributary-test-"));
  const outputFile = join(folder, "report.json");
  try {
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${outputFile}`];
    const code = await run(["vitest", "run", "--project", project, "--passWithNoTests", ...reporters]);
    return readCounts(outputFile, code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

function readCounts(outputFile: string, code: number): Counts {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(outputFile, "utf8")) as Report;
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const broken = report.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  ).length;
  const failed = report.numFailedTests + broken;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: report.numPendingTests,
  };
}

function run(command: readonly string[]): Promise<number> {
  const [program, ...args] = command as [string, ...string[]];
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: "inherit" });
    child.on("error", (error) => {
      console.error(`${program}: ${error.message}`);
      resolve(127);
    });
    child.on("exit", (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
  });
}
