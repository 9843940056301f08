import type { partyV1 } from "@tributary/contracts";
import { equalBytes, type RoundPlan, type RoundSetup } from "@tributary/federated";
import { TributaryError } from "@tributary/kit";
import { type PlannedReport, readPlannedReport } from "../../shared/report/report-layout.ts";
import { type RoundContext, roundContextSha256 } from "../../shared/report/round-context.ts";

/** The job as the aggregator told it when this worker joined; a round adds its local steps. */
export type JobContext = Omit<RoundContext, "localSteps">;

/**
 * Compares what a round asks for with what its signed setup and plan say, before anything is fetched or trained.
 *
 * @returns the report that setup and plan ask for.
 * @throws PROTOCOL_REFUSED naming what differs.
 */
export function requireSigned(
  opened: partyV1.RoundOpened,
  { setup, plan }: { readonly setup: RoundSetup; readonly plan: RoundPlan },
  job: JobContext,
): PlannedReport {
  const { model, localSteps } = opened;
  if (model === undefined) throw refused("the round was opened without a model");
  if (!equalBytes(model.sha256, plan.modelSha256))
    throw refused(`the model is ${hex(model.sha256)}, the signed plan names ${hex(plan.modelSha256)}`);
  if (model.format !== "safetensors")
    throw refused(`the model has the format ${JSON.stringify(model.format)}, must be safetensors`);
  if (!equalBytes(roundContextSha256({ ...job, localSteps }), setup.contextSha256)) {
    throw refused(
      `${localSteps} local steps, or the job's task, hyperparameters, seed, adapter or source, are not those of the signed setup`,
    );
  }
  const report = readPlannedReport(setup, plan);
  if (report === undefined) throw refused("setup and plan ask for a report of another layout");
  if (report.updates.length === 0 && localSteps > 0)
    throw refused(`${localSteps} local steps in a round whose signed setup has no segment for an update`);
  if (report.updates.length > 0 && localSteps === 0)
    throw refused(`no local steps in a round whose signed setup has ${report.updates.length} segments for an update`);
  return report;
}

/** Compares the segments of a round's signed setup with the model that it starts from; PROTOCOL_REFUSED when they do not cover it. */
export function requireCovers({ updates }: PlannedReport, parameters: number): void {
  const values = updates.reduce((sum, { segment }) => sum + segment.valueCount, 0);
  if (updates.length === 0 || values === parameters) return;
  throw refused(`the signed setup has segments for ${values} parameters, the model has ${parameters}`);
}

function refused(why: string): TributaryError {
  return new TributaryError("PROTOCOL_REFUSED", `the round is not what was signed: ${why}`);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex").slice(0, 16);
}
