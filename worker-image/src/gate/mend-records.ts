import type { Clock, Logger, TributaryError } from "@tributary/kit";

/** How often a volume that took nothing is tried again. */
export const MEND_EVERY_MS = 5_000;

/** What is written to the gate's volume, as far as it may fail. */
export interface MendedRecords {
  /** Why nothing can be written; `undefined` while the volume takes what it is given. */
  readonly problem: TributaryError | undefined;
  mend(): Promise<void>;
}

/**
 * Tries the volume again for as long as something could not be written: a gate that is not ready is asked nothing, so nothing else would find
 * out that there is room again.
 */
export async function mendRecords(
  records: readonly MendedRecords[],
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const failing = records.filter(({ problem }) => problem !== undefined);
    for (const record of failing) {
      const { code, message } = record.problem!;
      await record.mend();
      if (record.problem === undefined) log.info({ code }, "the gate's volume takes what is written again");
      else log.warn({ code }, `the gate is not ready, since it cannot write anything down: ${message}`);
    }
    await clock.sleep(MEND_EVERY_MS, signal).catch(() => {});
  }
}
