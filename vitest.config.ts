import { defineConfig } from "vitest/config";

/**
 * No `module`: some packages put code for bundlers there that Node cannot import. No `import`, which applies to imports anyway:
 * it would reach Node's require() too, and packages with two builds would load the wrong one.
 */
const conditions = ["node"];

function project(name: string, include: string[], options: { timeoutMs: number; serial?: boolean }) {
  return {
    resolve: { conditions },
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
    },
  };
}

export default defineConfig({
  test: {
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
        { timeoutMs: 30_000 },
      ),
      project("architecture", ["test/architecture/**/*.test.ts", "test/docs/**/*.test.ts"], { timeoutMs: 60_000 }),
      project("conformance", ["test/conformance/**/*.test.ts"], { timeoutMs: 600_000 }),
      project("wire", ["test/wire/**/*.test.ts"], { timeoutMs: 120_000, serial: true }),
      project("integration", ["test/integration/**/*.test.ts"], { timeoutMs: 300_000, serial: true }),
      project("e2e", ["test/e2e/**/*.test.ts"], { timeoutMs: 900_000, serial: true }),
      project("chaos", ["test/chaos/**/*.test.ts"], { timeoutMs: 1_800_000, serial: true }),
    ],
  },
});
