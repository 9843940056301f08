import type { PartyEntry } from "../../party/party-directory.ts";
import type { LedgerParty } from "../../store/ledger-line.ts";
import type { EngineProblem } from "../engine-deps.ts";
import type { SpentSum } from "./cohort-records.ts";
import type { Candidates } from "./select-parties.ts";

/**
 * Who the next attempt may be opened with: every seat, and as many as the window asks for. After a masked sum that was announced and given
 * up, the seats of that sum, all of them: their gates refuse any other on its start, and what is never announced is never refused.
 */
export function candidatesOf(seats: readonly PartyEntry[], quorum: number, spent: SpentSum | undefined): Candidates {
  if (spent === undefined) return { seats, quorum };
  return { seats: seats.filter((entry) => spent.parties.some(isSeat(entry))), quorum: spent.parties.length };
}

/** Why there are too few workers for the next attempt; UNMASK_LOST when a worker of the sum that it must repeat has no seat any more. */
export function shortfallOf(message: string, spent: SpentSum | undefined, seats: readonly PartyEntry[]): EngineProblem {
  if (spent === undefined) return { code: "QUORUM_NOT_REACHED", message };
  const left = spent.parties.filter((party) => !seats.some((entry) => isSeat(entry)(party)));
  const repeats = `the sum of ${spent.parties.length} workers was announced and not opened, and only they may repeat it`;
  if (left.length === 0) return { code: "UNMASK_SPENT", message: `${repeats}; ${message}` };
  const names = left.map(({ participant, workerIndex }) => `worker ${workerIndex} of ${participant}`).join(", ");
  return { code: "UNMASK_LOST", message: `${repeats}; without a seat in the job: ${names}` };
}

function isSeat({ seat }: Pick<PartyEntry, "seat">) {
  return ({ participant, workerIndex }: LedgerParty) =>
    seat.participant.name === participant && seat.workerIndex === workerIndex;
}
