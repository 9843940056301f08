import { isDeepStrictEqual } from "node:util";
import { type RoundSetup, RoundStage } from "@tributary/federated";
import { CHAIN_FRESH_MS, type PartyEntry } from "../../party/party-directory.ts";
import type { Cohort } from "./cohort.ts";
import type { PlannedCohort } from "./plan-cohort.ts";

/** Longest time from the opening of a cohort to its start. Its chains are then no older than those of a cohort that is opened and started at once. */
export const EARLY_LIFE_MS = 100_000;

/** A cohort whose parties exchange keys while another one is in work. */
export interface EarlyCohort {
  readonly cohort: Cohort;
  /** As it was opened. */
  readonly planned: PlannedCohort;
  /** On the monotonic clock. */
  readonly openedMs: number;
}

/** What is known of the next line's work while a cohort is in work. */
export interface EarlyOutlook {
  /** Whether the job has masks, and its keys may be exchanged early. */
  readonly mayExchange: boolean;
  /** Line of the cohort in work. */
  readonly line: number;
  /** Lines in the ledger. */
  readonly rounds: number;
  /** Last line of the window; absent while none is open. */
  readonly through: number | undefined;
  /** Whether a sum waits for workers, or was given up: who works next is not known. */
  readonly isHeldUp: boolean;
  readonly parties: readonly number[];
  /** Who could be in the next cohort now, and have its keys exchanged while another one is in work. */
  readonly next: readonly number[];
  /** Fewest reports of the next cohort. */
  readonly minSurvivors: number;
}

/** Whether a worker may exchange keys beside a round: its sidecar stays in that one, and its chain holds until the latest start. */
export function mayOpenBeside({
  opensBeside,
  attestedAgoMs,
}: Pick<PartyEntry, "opensBeside" | "attestedAgoMs">): boolean {
  return opensBeside && attestedAgoMs < CHAIN_FRESH_MS - EARLY_LIFE_MS;
}

/** Whether keys of the next line may be exchanged: all that are in work could be in it, and it is the same window's. */
export function mayOpenEarly(outlook: EarlyOutlook): boolean {
  const { mayExchange, line, rounds, through, isHeldUp, parties, next, minSurvivors } = outlook;
  if (!mayExchange || isHeldUp || line !== rounds || through === undefined || line + 1 > through) return false;
  if (next.length < minSurvivors) return false;
  return parties.every((party) => next.includes(party));
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
