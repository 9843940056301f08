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
  return results.some(({ failures }) => failures.length > 0) ? 1 : 0;
}

function report(results: readonly SuiteResult[]): void {
  process.stdout.write("\nsuite          passed failed skipped  minutes  budget\n");
  for (const result of results) {
    const { name, budgetMinutes } = result.suite;
    const counts = [result.passed, result.failures.length, result.skipped];
    const columns = counts.map((count) => String(count).padStart(7)).join("");
    const minutes = (result.milliseconds / 60_000).toFixed(1).padStart(8);
    process.stdout.write(`${name.padEnd(14)}${columns} ${minutes} ${String(budgetMinutes).padStart(7)}\n`);
  }
  // What failed may stand thousands of lines further up, and a machine that keeps the end of a log keeps this.
  for (const { suite, failures } of results)
    for (const failure of failures) process.stdout.write(`\nFAILED in ${suite.name}: ${failure}\n`);
  const total = (count: (result: SuiteResult) => number) => results.reduce((sum, result) => sum + count(result), 0);
  const passed = total((result) => result.passed);
  const failed = total((result) => result.failures.length);
  const skipped = total((result) => result.skipped);
  process.stdout.write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`);
}

process.exitCode = await main(process.argv.slice(2));
