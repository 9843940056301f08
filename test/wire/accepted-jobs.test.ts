import { create } from "@bufbuild/protobuf";
import { controlV1, type FederatedTrainingJob, validateFederatedTrainingJob } from "@tributary/contracts";
import { checkJobSpec } from "@tributary/contracts/fields";
import { countUpdateSegments, horizontal, layoutReport } from "@tributary/federated";
import { renderWindowPlan } from "@tributary/operator";
import fc from "fast-check";
import { validateManifest } from "kubectl-tributary";
import { describe, expect, it } from "vitest";
import { parseJobConfig } from "../../worker-image/src/aggregator/config/job-config.ts";
import { judgeRounds } from "../../worker-image/src/aggregator/engine/judge-rounds.ts";
import { noWindows, PlanDecision, takePlan } from "../../worker-image/src/aggregator/engine/windows/job-windows.ts";
import { aRunnableSpec } from "../support/any-job.ts";
import { commitsARound, firstWindow, manifestOf, renderAsOperator, runnable } from "./support/accepted-job.ts";

const wide = { participants: 100, workersEach: 256, localSteps: 100_000, deadlines: ["1s", "1.1h", "24h", "1h0.5ms"] };

describe("every job that is accepted", () => {
  it("has a configuration and a first window that an aggregator takes, and reports that can be laid out", () => {
    const property = fc.property(aRunnableSpec(wide), fc.integer({ min: 1, max: 1e9 }), (spec, parameters) => {
      const manifest = manifestOf(spec);
      expect(validateManifest(manifest)).toEqual([]);
      const job = manifest as unknown as FederatedTrainingJob;
      expect(validateFederatedTrainingJob(job)).toBe(true);
      expect(checkJobSpec(job.spec)).toEqual([]);
      const config = parseJobConfig("job.json", JSON.stringify(renderAsOperator(job)));
      const plan = create(controlV1.WindowPlanSchema, renderWindowPlan(job, firstWindow));
      expect(takePlan(noWindows, plan, { rounds: 0, isEvaluated: false, stops: () => false }).decision).toBe(
        PlanDecision.Open,
      );
      expect(judgeRounds(plan.convergence, []).stop).toBe(false);
      const seats = config.participants.reduce((sum, { workers }) => sum + workers, 0);
      const steps = Array.from({ length: countUpdateSegments(parameters) }, () => config.initialStep);
      const exchanged = { tensors: [{ name: "w", shape: [parameters] }], hasAdapter: false };
      const { sections } = horizontal.plan(exchanged, {}, { isEvaluateOnly: false });
      expect(layoutReport(sections, seats, steps).metrics).toHaveLength(2);
    });
    fc.assert(property, { numRuns: 300 });
  });

  it("starts and commits a round with real processes", async () => {
    const specs = fc.sample(aRunnableSpec(runnable), { numRuns: 5, seed: 20_261_130 });
    for (const spec of specs.slice(1)) await commitsARound(spec);
    for (const initialStep of ["2^96", "2^-96"]) await commitsARound({ ...specs[0], communication: { initialStep } });
  });
});
