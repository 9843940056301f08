import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { readWorkerConfig, type WorkerConfig } from "./sidecar-config.ts";

/** Time between two looks at the file, in milliseconds: a kubelet takes a minute to bring another text. */
const LOOK_INTERVAL_MS = 5_000;

/**
 * Gives the worker's parameters once their file says others than `present`: another address or certificate of the aggregator,
 * as after its Service was made again. A file that cannot be read, or that is of another job, changes nothing.
 *
 * @throws when the signal aborts.
 */
export async function nextWorkerConfig(
  path: string,
  present: WorkerConfig,
  signal: AbortSignal,
  intervalMs = LOOK_INTERVAL_MS,
): Promise<WorkerConfig> {
  for (;;) {
    await sleep(intervalMs, undefined, { signal });
    const read = await readWorkerConfig(path).catch(() => present);
    const isSameWorker = read.jobUid === present.jobUid && read.participant === present.participant;
    if (isSameWorker && !isDeepStrictEqual(read, present)) return read;
  }
}
