import fc from "fast-check";
import { expect, it } from "vitest";
import { aRunnableSpec } from "../support/any-job.ts";
import { commitsARound, runnable } from "../wire/support/accepted-job.ts";

it("every job that is accepted starts and commits a round, over many generated jobs", async () => {
  const specs = fc.sample(aRunnableSpec(runnable), { numRuns: 60, seed: Date.now() % 1_000_000 });
  for (const spec of specs) await commitsARound(spec);
  expect(specs).toHaveLength(60);
});
