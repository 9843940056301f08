import { isDeepStrictEqual } from "node:util";
import type { TrainingRound } from "@tributary/contracts";
import type { JobSnapshot } from "../snapshot.ts";
import { printMetric } from "./status.ts";

type RoundStatus = NonNullable<TrainingRound["status"]>;

/** A TrainingRound whose status is no longer true, with the new one. */
export interface RoundUpdate {
  /** The TrainingRound as it was seen: its status is written over no other. */
  readonly seen: TrainingRound;
  readonly status: RoundStatus;
}

/** New statuses of windows from the ledger; only those that changed. */
export function updateRounds(snapshot: JobSnapshot): RoundUpdate[] {
  return snapshot.rounds.flatMap((round) => {
    const status = renderRoundStatus(snapshot, round);
    return status === undefined || isDeepStrictEqual(status, round.status) ? [] : [{ seen: round, status }];
  });
}

/** TrainingRounds beyond the number that the job keeps, oldest first; an open window is never among them. */
export function pruneRounds(snapshot: JobSnapshot): TrainingRound[] {
  const closed = snapshot.rounds
    .filter((round) => round.status?.completionTime !== undefined)
    .sort((left, right) => left.spec.from - right.spec.from || left.spec.attempt - right.spec.attempt);
  return closed.slice(0, Math.max(0, closed.length - snapshot.job.spec.roundHistoryLimit));
}

/** What the ledger says of a window; undefined when there is nothing new, as for a closed window: its numbers are final. */
function renderRoundStatus(snapshot: JobSnapshot, round: TrainingRound): RoundStatus | undefined {
  if (snapshot.aggregator.state !== "heard" || round.status?.completionTime !== undefined) return undefined;
  const { report } = snapshot.aggregator;
  const { from, through, attempt } = round.spec;
  const known = round.status;
  const replacement = findReplacement(snapshot, round);
  const last = Math.min(through, (replacement?.spec.from ?? Number.POSITIVE_INFINITY) - 1);
  const entries = report.history.filter((entry) => entry.round >= from && entry.round <= last);
  const newest = entries.at(-1);
  const { window } = report;
  const isOpen =
    window !== undefined && window.from === from && window.through === through && window.attempt === attempt;
  if (newest === undefined && isOpen) return { phase: "Open", stage: report.stage, committed: 0 };
  if (newest === undefined && replacement !== undefined) return supersede(snapshot, round);
  if (newest === undefined) return report.rounds > through ? closeUnseen(snapshot, round) : undefined;
  const oldest = entries[0] ?? newest;
  const metric = newest.metrics[snapshot.job.spec.convergence?.metric ?? "validation_loss"];
  const isComplete = !isOpen;
  const sumOf = (key: "bytesUp" | "bytesDown"): number => entries.reduce((sum, entry) => sum + entry[key], 0);
  // The oldest entries of a long window may have gone from what is remembered of the ledger: what was known of them stays.
  const startTime = oldest.round > from ? known?.startTime : undefined;
  return {
    phase: isComplete ? newest.outcome : "Open",
    ...(isOpen ? { stage: report.stage } : {}),
    committed: newest.round - from + 1,
    reports: newest.reports,
    dropOuts: newest.dropOuts,
    bytesUp: Math.max(known?.bytesUp ?? 0, sumOf("bytesUp")),
    bytesDown: Math.max(known?.bytesDown ?? 0, sumOf("bytesDown")),
    ...(metric === undefined ? {} : { metric: printMetric(metric) }),
    seconds: ((newest.committedMs - newest.startedMs) / 1000).toFixed(1),
    modelSha256: newest.modelSha256,
    ledgerSha256: newest.lineSha256,
    startTime: startTime ?? new Date(oldest.startedMs).toISOString(),
    ...(isComplete ? { completionTime: new Date(newest.committedMs).toISOString() } : {}),
  };
}

/** A window that was committed while nobody looked, longer ago than what is remembered of the ledger: its sums stay unknown. */
function closeUnseen(snapshot: JobSnapshot, { spec, status }: TrainingRound): RoundStatus {
  return {
    ...status,
    phase: "Committed",
    committed: spec.through - spec.from + 1,
    completionTime: new Date(snapshot.nowMs).toISOString(),
  };
}

/** The attempt that took over what was left of a window. */
function findReplacement({ rounds }: JobSnapshot, { spec }: TrainingRound): TrainingRound | undefined {
  const later = rounds.filter(
    (other) =>
      (other.spec.from === spec.from && other.spec.attempt > spec.attempt) ||
      (other.spec.from > spec.from && other.spec.from <= spec.through),
  );
  return later.sort((left, right) => left.spec.from - right.spec.from)[0];
}

function supersede(snapshot: JobSnapshot, { status }: TrainingRound): RoundStatus {
  return { committed: 0, ...status, phase: "Superseded", completionTime: new Date(snapshot.nowMs).toISOString() };
}
