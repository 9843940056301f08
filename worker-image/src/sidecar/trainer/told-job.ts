import { createHash } from "node:crypto";
import { join } from "node:path";
import { equalBytes } from "@tributary/federated";
import { readFileIfPresent, TributaryError, writeFileDurably } from "@tributary/kit";

/** What a trainer is told of the job, of whatever seat. */
export interface TrainerTerms {
  readonly role: string;
  readonly paradigm: string;
  readonly task: string;
  readonly hyperparameters: Readonly<Record<string, string>>;
  readonly seed: bigint;
  readonly adapterJson: string;
  /** Digest of the model source, 32 bytes. */
  readonly sourceSha256: Uint8Array;
}

/** Digest of what a trainer is told, 32 bytes. */
export function toldJobSha256(terms: TrainerTerms): Uint8Array {
  const { role, paradigm, sourceSha256, task, hyperparameters, seed, adapterJson } = terms;
  const sorted = Object.entries(hyperparameters).sort(([a], [b]) => (a < b ? -1 : 1));
  const source = Buffer.from(sourceSha256).toString("hex");
  const text = JSON.stringify([source, role, paradigm, task, sorted, String(seed), adapterJson]);
  return new Uint8Array(createHash("sha256").update(text).digest());
}

/**
 * Makes sure that the pod's trainer is told of one job for all its life: it was opened with the job's terms and outlives this process,
 * whose memory directory lasts as long as the pod.
 *
 * @param jobSha256 digest of what the aggregator told of the job.
 * @throws CONFIGURATION_INVALID when the aggregator told of another job, or the same on other terms, before.
 */
export async function requireToldJob(memoryDirectory: string, jobSha256: Uint8Array): Promise<void> {
  const path = join(memoryDirectory, "told-job.sha256");
  const told = await readFileIfPresent(path);
  if (told === undefined) return writeFileDurably(path, jobSha256, 0o600);
  if (equalBytes(told, jobSha256)) return;
  throw new TributaryError(
    "CONFIGURATION_INVALID",
    "the aggregator tells another role, paradigm, task, source, adapter, seed or hyperparameters than before; replace the worker's pod",
  );
}
