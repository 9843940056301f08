import type { FederatedTrainingJob } from "@tributary/contracts";

/** Names of the objects that are made for one job. All are deterministic, so that a repeated create finds its own object. */
export interface JobNames {
  readonly namespace: string;
  readonly caSecret: string;
  readonly aggregator: string;
  /** DNS name in the aggregator's certificate. */
  readonly serverName: string;
}

/** The names of a job's objects on the hub. */
export function jobNames(job: FederatedTrainingJob): JobNames {
  const { name } = job.metadata;
  const namespace = job.metadata.namespace ?? "default";
  return {
    namespace,
    caSecret: `${name}-ca`,
    aggregator: `${name}-aggregator`,
    serverName: `${name}.${namespace}.aggregator.tributary`,
  };
}

/** Name of the anchor and of the batch Job of one seat: at most 40 + 1 + 20 characters. */
export function seatName(job: FederatedTrainingJob, participant: string): string {
  return `${job.metadata.name}-${participant}`;
}

/** Name of the TrainingRound of one window. */
export function windowName(job: FederatedTrainingJob, from: number, attempt: number): string {
  return `${job.metadata.name}-r${from}${attempt === 1 ? "" : `-a${attempt}`}`;
}
