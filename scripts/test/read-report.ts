/** How the tests of a suite ended. */
export interface Outcome {
  /** Tests that passed. */
  readonly passed: number;
  /** Tests that this machine cannot run. */
  readonly skipped: number;
  /** What failed, each with its first lines; a suite or file that could not run counts as one. */
  readonly failures: readonly string[];
}

interface Report {
  readonly numPassedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly FileResult[];
}

interface FileResult {
  readonly name: string;
  readonly status: string;
  readonly message?: string;
  readonly assertionResults: readonly {
    readonly status: string;
    readonly fullName: string;
    readonly failureMessages?: readonly string[] | null;
  }[];
}

/** Lines of a failure that are said again at the end. */
const LINES = 12;

/** Reads vitest's report in JSON, made from files below `root`; `code` is the status that vitest ended with. */
export function readReport(text: string, root: string, code: number): Outcome {
  const { numPassedTests: passed, numPendingTests: skipped, testResults } = JSON.parse(text) as Report;
  const failures = testResults.flatMap((file) => failuresOf(file, file.name.replace(`${root}/`, "")));
  if (failures.length === 0 && code !== 0) failures.push(`vitest ended with ${code} though no test failed`);
  return { passed, skipped, failures };
}

function failuresOf({ status, message, assertionResults }: FileResult, path: string): string[] {
  const failed = assertionResults.filter((test) => test.status === "failed");
  // A file that cannot be loaded, or a hook that fails, leaves no test that failed.
  if (failed.length === 0) return status === "failed" ? [entry(path, message ?? "")] : [];
  return failed.map((test) => entry(`${path} > ${test.fullName}`, test.failureMessages?.join("\n") ?? ""));
}

function entry(name: string, message: string): string {
  const lines = message.split("\n").filter((line) => line.trim() !== "");
  return [name, ...lines.slice(0, LINES).map((line) => `    ${line}`)].join("\n");
}
