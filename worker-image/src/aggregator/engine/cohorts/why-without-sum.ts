import type { PartyEntry } from "../../party/party-directory.ts";
import type { EngineProblem } from "../engine-deps.ts";
import type { RoundRun } from "../run/round-run.ts";
import type { AttemptEnd } from "./await-outcome.ts";
import type { CohortRecord } from "./cohort-records.ts";
import { describeShortfall } from "./describe-shortfall.ts";
import { isDeadlineMissed } from "./missed-deadline.ts";

/** An attempt that has ended. */
export interface EndedAttempt {
  readonly run: RoundRun;
  readonly record: Pick<CohortRecord, "plan">;
  /** Whether a former process opened it. */
  readonly isResumed: boolean;
}

/** Why an attempt has no sum to commit; `undefined` when it has. */
export function whyWithoutSum(
  { run, record, isResumed }: EndedAttempt,
  { outcome, isExpired }: AttemptEnd,
  seats: readonly PartyEntry[],
): EngineProblem | undefined {
  if (outcome.kind === "Summed" && outcome.results.every(({ opened }) => opened !== null)) return undefined;
  // Whatever stage ran out of parties, people need to know which workers are missing and why.
  if (outcome.kind === "Failed" && outcome.code !== "QUORUM_NOT_REACHED")
    return { code: outcome.code, message: outcome.message };
  const { roster } = run.state.setup;
  const { quorum } = record.plan;
  const hasReported = (party: number) => run.hasReported(party);
  const ids = roster.map(({ id }) => id);
  const reported = new Set(ids.filter(hasReported));
  const without = new Set(ids.filter((id) => !reported.has(id)));
  const missing = seats.filter(({ seat }) => without.has(seat.partyId));
  const reporters = seats.filter(({ seat }) => reported.has(seat.partyId));
  const message = describeShortfall({ reported: reported.size, workers: roster.length, quorum, missing, reporters });
  // An announced sum that may be signed and is not opened is the only one that this start can have.
  if (run.spent !== undefined)
    return { code: "UNMASK_SPENT", message: `${message}; only the same workers may repeat it` };
  // Of the time that a resumed attempt had, nobody knows how much its workers had.
  const isLate = isExpired && !isResumed && isDeadlineMissed({ roster, quorum, seats, hasReported });
  return { code: "QUORUM_NOT_REACHED", message, ...(isLate && { isDeadlineMissed: true }) };
}
