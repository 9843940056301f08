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

/** A seat of participant `aws` as the operator renders it from a runtime's PodTemplate. */
export function renderSeat(template: unknown, { job, workers, accelerator }: SeatChoice) {
  const input = {
    job: {
      metadata: { name: job, namespace: "research", uid: "0b9c6f9e-9c0c-4a57-9d7c-1f1d1a2b3c4d" },
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
