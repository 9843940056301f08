import { expect, it } from "vitest";
import { readReport } from "./read-report.ts";

const test = (status: string, fullName: string, failureMessages: string[] = []) => ({
  status,
  fullName,
  failureMessages,
});
const report = (...testResults: object[]) => JSON.stringify({ numPassedTests: 2, numPendingTests: 1, testResults });

it("names each test that failed by its file, with the first lines of its error", () => {
  const assertionResults = [test("passed", "adds"), test("failed", "a sum > subtracts", ["expected 1\n\n  at x.ts:1"])];
  const text = report({ name: "/w/a.test.ts", status: "failed", assertionResults });
  expect(readReport(text, "/w", 1)).toEqual({
    passed: 2,
    skipped: 1,
    failures: ["a.test.ts > a sum > subtracts\n    expected 1\n      at x.ts:1"],
  });
});

it("says no more than twelve lines of an error", () => {
  const long = Array.from({ length: 40 }, (_, line) => `line ${line}`).join("\n");
  const text = report({ name: "/w/a.test.ts", status: "failed", assertionResults: [test("failed", "x", [long])] });
  expect(readReport(text, "/w", 1).failures[0]?.split("\n")).toHaveLength(13);
});

it.each([
  { what: "a file that cannot be loaded", assertionResults: [] },
  { what: "a hook that fails once every test has passed", assertionResults: [test("passed", "adds")] },
])("counts $what as one failure", ({ assertionResults }) => {
  const text = report({ name: "/w/a.test.ts", status: "failed", message: "no such module", assertionResults });
  expect(readReport(text, "/w", 1).failures).toEqual(["a.test.ts\n    no such module"]);
});

it("takes a status other than 0 for a failure when no test failed, such as an error that nobody caught", () => {
  const text = report({ name: "/w/a.test.ts", status: "passed", assertionResults: [test("passed", "adds")] });
  expect(readReport(text, "/w", 1).failures).toEqual(["vitest ended with 1 though no test failed"]);
  expect(readReport(text, "/w", 0).failures).toEqual([]);
});
