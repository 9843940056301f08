import type { Outcome } from "./read-report.ts";

/** One step of `make test`: either commands that must end with 0, or one vitest project. */
export interface Suite {
  /** Name, as `--only` takes it. */
  readonly name: string;
  /** Commands, each counted as one test. */
  readonly commands?: readonly (readonly string[])[];
  /** Vitest project, each of its tests counted. */
  readonly project?: string;
  /** Share of the 35 minutes that `make test` may take on two cores once caches are filled, in minutes. */
  readonly budgetMinutes: number;
  /** True for suites that only `make test-all` runs. */
  readonly slow?: boolean;
}

/** How a suite ended. */
export interface SuiteResult extends Outcome {
  /** The suite. */
  readonly suite: Suite;
  /** How long it took. */
  readonly milliseconds: number;
}

/** The suites in the order in which they run: quick and telling ones first. */
export const suites: readonly Suite[] = [
  {
    name: "verify",
    commands: [
      ["node", "scripts/verify-generated.ts"],
      ["biome", "ci", "--error-on-warnings"],
      ["tsc", "-b"],
      ["knip"],
    ],
    budgetMinutes: 1,
  },
  { name: "unit", project: "unit", budgetMinutes: 4 },
  { name: "architecture", project: "architecture", budgetMinutes: 1 },
  { name: "conformance", project: "conformance", budgetMinutes: 2 },
  { name: "wire", project: "wire", budgetMinutes: 4 },
  { name: "integration", project: "integration", budgetMinutes: 13 },
  { name: "e2e", project: "e2e", budgetMinutes: 10 },
  { name: "chaos", project: "chaos", budgetMinutes: 60, slow: true },
];
