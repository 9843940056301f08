import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** One committed round, as the aggregator's ledger holds it. */
export interface LedgerEntry {
  readonly round: number;
  readonly outcome: string;
  /** Digest of the line before; of the source and the initial model for round 0. */
  readonly previous: string;
  /** The workers whose reports are in the sum. */
  readonly survivors: readonly { readonly participant: string; readonly workerIndex: number }[];
  readonly metrics: Readonly<Record<string, { readonly sum: number; readonly count: number }>>;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly startedMs: number;
  readonly committedMs: number;
  /** The model that the round started from, which the metrics describe. */
  readonly baseSha256: string;
  readonly modelSha256: string;
}

/** The lines of a ledger folder in the order of their rounds, exactly as they were written. */
export async function readLedgerLines(folder: string): Promise<string[]> {
  const names = (await readdir(join(folder, "rounds"))).filter((name) => /^\d{6}$/u.test(name)).sort();
  return Promise.all(names.map((name) => readFile(join(folder, "rounds", name, "line.json"), "utf8")));
}

/** Mean of a metric over the survivors; undefined when it was not reported. */
export function meanOf(entry: LedgerEntry, metric: string): number | undefined {
  const found = entry.metrics[metric];
  return found === undefined || found.count === 0 ? undefined : found.sum / found.count;
}
