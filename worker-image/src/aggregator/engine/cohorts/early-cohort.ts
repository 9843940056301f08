import { isDeepStrictEqual } from "node:util";
import { type CohortPlan, type RoundSetup, RoundStage } from "@tributary/federated";
import { CHAIN_FRESH_MS, type PartyEntry } from "../../party/party-directory.ts";
import type { Cohort } from "./cohort.ts";
import type { PlannedCohort } from "./plan-cohort.ts";

/** Longest time from the opening of a cohort to its start. Its chains are then no older than those of a cohort that is opened and started at once. */
export const EARLY_LIFE_MS = 100_000;

/** How long before the expected end of a wait for reports keys are exchanged: as much later it may end, and they still are of use. */
const EARLY_LEAD_MS = EARLY_LIFE_MS / 2;

/**
 * How long after the first report of a round keys of the next one are exchanged: at once, unless the wait for the last report is expected to
 * outlast them.
 *
 * @param waitedMs how long the newest round waited from its first report to its last; `undefined` before there was one.
 */
export function earlyDelayMs(waitedMs: number | undefined): number {
  return Math.max(0, (waitedMs ?? 0) - EARLY_LEAD_MS);
}

/** A cohort whose parties exchange keys while another one is in work. */
export interface EarlyCohort {
  readonly cohort: Cohort;
  /** As it was opened. */
  readonly planned: PlannedCohort;
  /** On the monotonic clock. */
  readonly openedMs: number;
  /** Aborts once it starts or is closed: until then its time runs out. */
  readonly life: AbortController;
}

/** What is known of the next line while a cohort is in work, before anybody looks who could work on it. */
export interface NextLine {
  /** Line of the cohort in work. */
  readonly line: number;
  /** Lines in the ledger. */
  readonly rounds: number;
  /** Last line of the window. */
  readonly through: number;
  /** Whether a sum waits for workers, or was given up: who works next is not known. */
  readonly isHeldUp: boolean;
}

/** Who is in work, and who could be next. */
export interface NextParties {
  readonly parties: readonly number[];
  /** Absent where the policy wants no cohort. */
  readonly chosen: CohortPlan | undefined;
  readonly seats: readonly (Pick<PartyEntry, "opensBeside" | "attestedAgoMs"> & {
    readonly seat: Pick<PartyEntry["seat"], "partyId">;
  })[];
}

/** Whether a worker may exchange keys beside a round: its sidecar stays in that one, and its chain holds until the latest start. */
export function mayOpenBeside({
  opensBeside,
  attestedAgoMs,
}: Pick<PartyEntry, "opensBeside" | "attestedAgoMs">): boolean {
  return opensBeside && attestedAgoMs < CHAIN_FRESH_MS - EARLY_LIFE_MS;
}

/** Whether the next line is the same window's, and follows the one in work whatever becomes of that. */
export function isNextKnown({ line, rounds, through, isHeldUp }: NextLine): boolean {
  return !isHeldUp && line === rounds && line < through;
}

/**
 * The next line's cohort, where its keys may be exchanged now: all that are in work are in it. One who may not exchange beside the round would be
 * left out of the setup, which then is not that of the next round.
 */
export function chosenEarly({ parties, chosen, seats }: NextParties): CohortPlan | undefined {
  if (chosen === undefined || chosen.parties.length < chosen.minSurvivors) return undefined;
  const next = new Set(chosen.parties);
  const areAllFree = seats.every((entry) => !next.has(entry.seat.partyId) || mayOpenBeside(entry));
  return areAllFree && parties.every((party) => next.has(party)) ? chosen : undefined;
}

/**
 * Whether a cohort that was opened early is the one that would be opened now: nothing that its parties were told has changed, nobody of it is lost,
 * and its chains hold for a while.
 *
 * @param anew as it is planned now, with the chains of then.
 */
export function isStillIt({ cohort, planned, openedMs }: EarlyCohort, anew: PlannedCohort, nowMs: number): boolean {
  if (nowMs - openedMs > EARLY_LIFE_MS) return false;
  if (cohort.run.state.stage === RoundStage.Failed || cohort.run.lost.size > 0) return false;
  const { line, attempt, papers } = planned.record;
  if (line !== anew.record.line || attempt !== anew.record.attempt || papers.terms !== anew.record.papers.terms)
    return false;
  return isDeepStrictEqual(withoutNumber(planned.setup), withoutNumber(anew.setup));
}

/** A plan of now under the number with which keys were exchanged. */
export function underNumberOf({ planned }: EarlyCohort, anew: PlannedCohort): PlannedCohort {
  return { ...anew, setup: planned.setup, record: { ...anew.record, setup: planned.record.setup } };
}

function withoutNumber({ round: _, ...setup }: RoundSetup): Omit<RoundSetup, "round"> {
  return setup;
}
