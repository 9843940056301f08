import { equalBytes } from "../bytes.ts";
import type { RoundPlan } from "../plan.ts";
import { isMasked } from "../roster.ts";
import type { PartyRound } from "./party-state.ts";

/** Announced sums whose result is not here, and which a party keeps its shares of beside the round that it is in. */
const PARKED_ROUNDS = 4;

/** Rounds of which a party keeps the secrets, and those whose secrets are to go. */
interface KeptRounds {
  readonly kept: readonly PartyRound[];
  /** Announced sums that this party can help to open no more. */
  readonly lost: readonly PartyRound[];
}

/** Whether shares may still be asked for: survivors were signed under masks, and what became of their sum is not known. */
export function isParked({ setup, progress }: PartyRound): boolean {
  return isMasked(setup) && progress.some(({ bitmap }) => bitmap !== null);
}

/** What stays beside a round that opens: another one that has no plan yet gives way to it, and its secrets are gone. */
export function besideOpening(rounds: readonly PartyRound[]): readonly PartyRound[] {
  return rounds.filter(({ plan }) => plan !== null);
}

/**
 * What stays beside a round that gets its plan: of those that had theirs before, the parked ones.
 *
 * A result that was missed looks like a sum that waits, so that a party which refused to hold more would be locked out in time. Beyond the bound
 * the oldest goes instead, first of those whose start was left for another one.
 */
export function besideStarting(rounds: readonly PartyRound[], plan: Pick<RoundPlan, "modelSha256">): KeptRounds {
  const parked = rounds.filter(isParked);
  const isLeft = (round: PartyRound) => !equalBytes(round.plan!.plan.modelSha256, plan.modelSha256);
  const byAge = [...parked.filter(isLeft), ...parked.filter((round) => !isLeft(round))];
  const lost = byAge.slice(0, Math.max(0, parked.length - PARKED_ROUNDS));
  return { kept: rounds.filter((round) => round.plan === null || (isParked(round) && !lost.includes(round))), lost };
}
