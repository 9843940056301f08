import { randomInt } from "node:crypto";
import { runSuite } from "./test/run-suite.ts";
import { type SuiteResult, suites } from "./test/suites.ts";

/** Runs the suites of `make test` one after the other and ends with the line `N passed, N failed`. */
async function main(args: readonly string[]): Promise<number> {
  const only = args.includes("--only") ? (args[args.indexOf("--only") + 1] ?? "").split(",") : undefined;
  const unknown = only?.find((name) => !suites.some((suite) => suite.name === name));
  if (unknown !== undefined) {
    console.error(`--only names ${unknown}; must be some of ${suites.map((suite) => suite.name).join(",")}`);
    return 2;
  }
  const all = args.includes("--all");
  const chosen = suites.filter((suite) => (only === undefined ? all || !suite.slow : only.includes(suite.name)));
  if (all) process.env.TRIBUTARY_SEED ??= String(randomInt(2 ** 31));
  const results: SuiteResult[] = [];
  for (const suite of chosen) results.push(await runSuite(suite));
  report(results);
  if (all) process.stdout.write(`Properties ran with TRIBUTARY_SEED=${process.env.TRIBUTARY_SEED}\n`);
  return results.some((result) => result.failed > 0) ? 1 : 0;
}

function report(results: readonly SuiteResult[]): void {
  process.stdout.write("\nsuite          passed failed skipped  minutes  budget\n");
  for (const result of results) {
    const { name, budgetMinutes } = result.suite;
    const columns = [result.passed, result.failed, result.skipped].map((count) => String(count).padStart(7)).join("");
    const minutes = (result.milliseconds / 60_000).toFixed(1).padStart(8);
    process.stdout.write(`${name.padEnd(14)}${columns} ${minutes} ${String(budgetMinutes).padStart(7)}\n`);
  }
  const total = (key: "passed" | "failed" | "skipped") => results.reduce((sum, result) => sum + result[key], 0);
  const skipped = total("skipped");
  process.stdout.write(
    `\n${total("passed")} passed, ${total("failed")} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`,
  );
}

process.exitCode = await main(process.argv.slice(2));
