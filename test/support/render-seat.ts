import { createHash } from "node:crypto";
import type { FederatedTrainingJob } from "@tributary/contracts";
import { renderAnchor, renderBatchJob, type SeatInput } from "@tributary/operator";
import { jobNamespace } from "./chart-api.ts";
import type { RenderedObject } from "./charts.ts";

/** What a seat is made of. */
export interface SeatChoice {
  readonly job: string;
  readonly workers: number;
  readonly accelerator?: { readonly resource: string; readonly count: number } | undefined;
}

/** Each job has one of its own, by which a gate finds the pods of its seats. */
function uidOf(job: string): string {
  const hex = createHash("sha256").update(job).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** A seat of participant `aws` as the operator renders it from a runtime's PodTemplate. */
export function renderSeat(template: unknown, { job, workers, accelerator }: SeatChoice) {
  const input = {
    job: {
      metadata: { name: job, namespace: "research", uid: uidOf(job) },
      spec: { failurePolicy: { workerRestartLimit: 3 }, trainer: { task: "noop", seed: 1 } },
    } as unknown as FederatedTrainingJob,
    participant: { name: "aws", workers, ...(accelerator && { accelerator }) },
    namespace: jobNamespace,
    origin: "hub",
    endpoint: { controlAddress: "192.0.2.10:30443", tensorAddress: "192.0.2.10:30444" },
    caPem: "-----BEGIN CERTIFICATE-----\n",
    template,
  } as unknown as SeatInput;
  return { anchor: renderAnchor(input) as RenderedObject, batchJob: renderBatchJob(input) as RenderedObject };
}
