import { join } from "node:path";
import { equalBytes } from "@tributary/federated";
import { readFileIfPresent, TributaryError, writeFileDurably } from "@tributary/kit";

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
    "the aggregator tells another task, source, adapter, seed or hyperparameters than before; replace the worker's pod",
  );
}
