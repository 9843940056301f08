import type { ReportLayout } from "@tributary/federated";
import type { AttemptRecord } from "./attempt-files.ts";
import type { RoundRun } from "./round-run.ts";

/** An attempt at a round that is open. */
export interface OpenRound {
  readonly run: RoundRun;
  /** What its parties were asked for. */
  readonly layout: ReportLayout;
  /** Digests of the objects that it started from, hexadecimal, by name. */
  readonly reads: Readonly<Record<string, string>>;
  readonly attempt: AttemptRecord;
}
