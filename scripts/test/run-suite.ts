import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Outcome, readReport } from "./read-report.ts";
import type { Suite, SuiteResult } from "./suites.ts";

/** Runs one suite with its output on this terminal and counts its tests. */
export async function runSuite(suite: Suite): Promise<SuiteResult> {
  process.stdout.write(`\n== ${suite.name}\n`);
  const started = performance.now();
  const outcome =
    suite.project === undefined ? await runCommands(suite.commands ?? []) : await runProject(suite.project);
  return { suite, ...outcome, milliseconds: performance.now() - started };
}

async function runCommands(commands: readonly (readonly string[])[]): Promise<Outcome> {
  const failures: string[] = [];
  for (const command of commands) {
    const code = await run(command);
    process.stdout.write(`${code === 0 ? "ok" : "FAILED"}  ${command.join(" ")}\n`);
    if (code !== 0) failures.push(command.join(" "));
  }
  return { passed: commands.length - failures.length, skipped: 0, failures };
}

async function runProject(project: string): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "tributary-test-"));
  const outputFile = join(folder, "report.json");
  try {
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${outputFile}`];
    const code = await run(["vitest", "run", "--project", project, "--passWithNoTests", ...reporters]);
    return readOutcome(outputFile, code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readOutcome(outputFile: string, code: number): Outcome {
  try {
    return readReport(readFileSync(outputFile, "utf8"), process.cwd(), code);
  } catch (error) {
    return {
      passed: 0,
      skipped: 0,
      failures: [`vitest ended with ${code} and no report: ${(error as Error).message}`],
    };
  }
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
