import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * No `module`: some packages put code for bundlers there that Node cannot import. No `import`, which applies to imports anyway:
 * it would reach Node's require() too, and packages with two builds would load the wrong one.
 */
const conditions = ["node"];

/** Properties run with one seed, the same in every run: chance fails no unchanged tree. */
const alias = { "fast-check": fileURLToPath(new URL("test/support/seeded-fast-check.ts", import.meta.url)) };

interface Options {
  readonly timeoutMs: number;
  /** One file at a time: its files use the whole machine or the local clouds. */
  readonly serial?: boolean;
  /** Files share a process, which spares most of the time of small ones: importing. No file may leave anything behind in it. */
  readonly shared?: boolean;
}

function project(name: string, include: string[], options: Options) {
  return {
    resolve: { conditions, alias },
    ssr: { resolve: { conditions, externalConditions: conditions } },
    test: {
      name,
      include,
      exclude: ["**/node_modules/**", "**/dist/**"],
      environment: "node",
      testTimeout: options.timeoutMs,
      hookTimeout: options.timeoutMs,
      pool: "forks" as const,
      fileParallelism: !options.serial,
      isolate: !options.shared,
      maxWorkers: 2,
    },
  };
}

/** Files that would leave a core idle at the end of their suite if they came last, as their short texts have it. */
const longFiles = ["integration/sequences.test.ts", "conformance/accounting.test.ts"];

class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isShort = ({ moduleId }: TestSpecification) => !longFiles.some((file) => moduleId.endsWith(file));
    return (await super.sort(files)).toSorted((left, right) => Number(isShort(left)) - Number(isShort(right)));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongFilesFirst },
    projects: [
      project(
        "unit",
        [
          "packages/**/src/**/*.test.ts",
          "operator/src/**/*.test.ts",
          "worker-image/src/**/*.test.ts",
          "cli/src/**/*.test.ts",
          "test/clouds/src/**/*.test.ts",
          "scripts/**/*.test.ts",
          "bench/src/**/*.test.ts",
        ],
        // Long for what waits, but much of this computes, and the machine may be busy with something else.
        { timeoutMs: 120_000, shared: true },
      ),
      project("architecture", ["test/architecture/**/*.test.ts", "test/docs/**/*.test.ts"], { timeoutMs: 60_000 }),
      project("conformance", ["test/conformance/**/*.test.ts"], { timeoutMs: 600_000 }),
      project("wire", ["test/wire/**/*.test.ts"], { timeoutMs: 120_000 }),
      project("integration", ["test/integration/**/*.test.ts"], { timeoutMs: 300_000 }),
      project("e2e", ["test/e2e/**/*.test.ts"], { timeoutMs: 900_000, serial: true }),
      project("chaos", ["test/chaos/**/*.test.ts"], { timeoutMs: 1_800_000, serial: true }),
    ],
  },
});
