import { type FederatedTrainingJob, validateFederatedTrainingJob } from "@tributary/contracts";
import { renderJobConfig, renderWindowPlan } from "@tributary/operator";
import { validateManifest } from "kubectl-tributary";
import type { Manifest } from "../../support/a-job.ts";
import type { RunnableBounds } from "../../support/any-job.ts";
import { rigConfiguration } from "../../support/operator-rig.ts";
import { JOB_UID, WireJob } from "./wire-job.ts";

/** Jobs that a few processes run within seconds, whatever else the machine does. */
export const runnable: RunnableBounds = {
  participants: 2,
  workersEach: 2,
  localSteps: 50,
  deadlines: ["1.1h", "4.1m", "+90.5s", "1h0.5ms", "24h", "60000ms", ".05h", "100000000us"],
};

/** The first window that an operator opens. */
export const firstWindow = { from: 0, through: 0, attempt: 1, evaluateOnly: false } as const;

/** A spec as an object of the API. */
export function manifestOf(spec: Record<string, unknown>): Manifest {
  return {
    apiVersion: "tributary.dev/v1alpha1",
    kind: "FederatedTrainingJob",
    metadata: { name: "wire", namespace: "test", uid: JOB_UID },
    spec: JSON.parse(JSON.stringify(spec)) as unknown,
  };
}

/** The `job.json` that the operator renders for a job, every member reachable; `gateCaPems` by cluster. */
export function renderAsOperator(
  job: FederatedTrainingJob,
  gateCaPems: readonly string[] = [],
): Record<string, unknown> {
  const pems = new Map(job.spec.participants.map(({ cluster }, index) => [cluster, gateCaPems[index] ?? ""]));
  const members = [...pems].map(([cluster, gateCaPem]) => ({ cluster, gateCaPem, namespace: "jobs" }));
  const { aggregator: settings } = rigConfiguration;
  return renderJobConfig(job, { settings, members });
}

/** Runs a job as the operator would: its own rendering, real aggregator, sidecars and no-op trainers. Throws unless a round is committed. */
export async function commitsARound(spec: Record<string, unknown>): Promise<void> {
  const manifest = manifestOf(spec);
  const findings = validateManifest(manifest);
  if (findings.length > 0) throw new Error(`the job is not accepted: ${JSON.stringify(findings)}`);
  validateFederatedTrainingJob(manifest);
  const job = manifest as unknown as FederatedTrainingJob;
  const wire = await WireJob.create({
    workers: job.spec.participants.map(({ workers }) => workers),
    values: 100,
    jobConfig: (gateCaPems) => renderAsOperator(job, gateCaPems),
  });
  try {
    await wire.startAggregator();
    await wire.startWorkers();
    await wire.openPlan(renderWindowPlan(job, firstWindow));
    await wire.untilCommitted(1, 60_000);
  } catch (cause) {
    throw new Error(`an accepted job commits no round: ${JSON.stringify(spec)}`, { cause });
  } finally {
    await wire.destroy();
  }
}
