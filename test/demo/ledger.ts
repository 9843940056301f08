import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** One committed round, as the aggregator's ledger holds it. */
export interface LedgerEntry {
  readonly round: number;
  readonly outcome: string;
  /** What the recipe called it. */
  readonly phase: string;
  /** Digest of the line before; of the source and the initial model for round 0. */
  readonly previous: string;
  readonly cohorts: readonly {
    /** The workers whose reports are in the sum. */
    readonly survivors: readonly { readonly participant: string; readonly workerIndex: number }[];
  }[];
  readonly metrics: Readonly<Record<string, { readonly sum: number; readonly count: number }>>;
  /** On the tensor wire, by section of the report and by object. */
  readonly bytes: Readonly<Record<string, { readonly up: number; readonly down: number }>>;
  readonly startedMs: number;
  readonly committedMs: number;
  /** Digests of the objects that the round started from, which the metrics describe, by name. */
  readonly reads: Readonly<Record<string, string>>;
  /** Digests of the objects after the round, by name. */
  readonly objects: Readonly<Record<string, string>>;
}

/** The lines of a ledger folder in the order of their rounds, exactly as they were written. */
export async function readLedgerLines(folder: string): Promise<string[]> {
  const names = (await readdir(join(folder, "rounds"))).filter((name) => /^\d{6}$/u.test(name)).sort();
  return Promise.all(names.map((name) => readFile(join(folder, "rounds", name, "line.json"), "utf8")));
}

/** The workers whose reports are in a round. */
export function survivorsOf({ cohorts }: Pick<LedgerEntry, "cohorts">) {
  return cohorts.flatMap(({ survivors }) => survivors);
}

/** Bytes of a round on the tensor wire in one direction. */
export function countBytes({ bytes }: Pick<LedgerEntry, "bytes">, direction: "up" | "down"): number {
  return Object.values(bytes).reduce((sum, set) => sum + set[direction], 0);
}

/** Mean of a metric over the survivors; undefined when it was not reported. */
export function meanOf(entry: LedgerEntry, metric: string): number | undefined {
  const found = entry.metrics[metric];
  return found === undefined || found.count === 0 ? undefined : found.sum / found.count;
}
