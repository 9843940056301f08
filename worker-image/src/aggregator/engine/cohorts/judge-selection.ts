import type { PartyEntry } from "../../party/party-directory.ts";
import { Fitness, REGISTRATION_MS } from "../../party/seat-fitness.ts";
import { missedRounds, type SeatName, selectionGraceMs } from "../../party/seat-grace.ts";
import { nameProblems } from "./name-problems.ts";

/** A seat as the selection sees it. */
export type SelectedSeat = Pick<
  PartyEntry,
  "seat" | "isConnected" | "heardAgoMs" | "fitness" | "registeringMs" | "problem"
>;

/** What a selection is held against. */
export interface SelectionTerms {
  readonly quorum: number;
  /** Fewest organisations of which workers must be there. */
  readonly minOrganisations: number;
  /** For how long the selection goes on, in milliseconds. */
  readonly waitedMs: number;
  /** Longest wait for seats that are away once there are enough. */
  readonly fullMs: number;
  /** Longest time of the round: no seat is waited for any longer. */
  readonly deadlineMs: number;
  /** Survivors of the newest rounds. */
  readonly survivors: readonly (readonly SeatName[])[];
}

/** Whether a round can open now. */
export interface Selection {
  readonly isOver: boolean;
  /** When to look again if nothing changes; absent for whenever something does. */
  readonly waitMs?: number;
  /** Why there will not be enough, when nothing changes. */
  readonly shortfall?: string;
}

/** Judges whether a round opens: every seat is fit, or quorum is there and nobody is worth waiting for any longer. */
export function judgeSelection(seats: readonly SelectedSeat[], terms: SelectionTerms): Selection {
  const fit = seats.filter(({ fitness }) => fitness === Fitness.Fit);
  if (fit.length >= terms.quorum && hasOrganisations(fit, terms)) {
    if (fit.length === seats.length) return { isOver: true };
    const waitMs = Math.max(graceLeftMs(seats, terms), registrationLeftMs(seats, terms));
    return waitMs <= 0 ? { isOver: true } : { isOver: false, waitMs };
  }
  const coming = [...fit, ...seats.filter(({ fitness }) => fitness === Fitness.Registering)];
  if (coming.length >= terms.quorum && hasOrganisations(coming, terms)) return { isOver: false };
  return { isOver: false, shortfall: describe(seats, terms) };
}

function hasOrganisations(seats: readonly SelectedSeat[], { minOrganisations }: SelectionTerms): boolean {
  return countOrganisations(seats) >= minOrganisations;
}

function countOrganisations(seats: readonly SelectedSeat[]): number {
  return new Set(seats.map(({ seat }) => seat.participant.organisation)).size;
}

/** Nobody waits for a seat that is unfit, however long it stays so. */
function graceLeftMs(seats: readonly SelectedSeat[], { survivors, fullMs, waitedMs }: SelectionTerms): number {
  const presences = seats.map((entry) => ({
    isConnected: entry.fitness !== Fitness.Away,
    missedRounds: missedRounds(survivors, nameOf(entry)),
    silentMs: entry.heardAgoMs,
  }));
  return selectionGraceMs(presences, fullMs) - waitedMs;
}

/** A trainer that starts gets the time that a round would give it; one of a seat that missed the last rounds that of a reconnection. */
function registrationLeftMs(seats: readonly SelectedSeat[], terms: SelectionTerms): number {
  const { survivors, fullMs, waitedMs, deadlineMs } = terms;
  const left = seats
    .filter(({ fitness }) => fitness === Fitness.Registering)
    .map((entry) => {
      const presence = { isConnected: false, missedRounds: missedRounds(survivors, nameOf(entry)), silentMs: 0 };
      const isTrusted = selectionGraceMs([presence], Number.POSITIVE_INFINITY) === Number.POSITIVE_INFINITY;
      if (!isTrusted) return selectionGraceMs([presence], fullMs) - waitedMs;
      return Math.min(REGISTRATION_MS - entry.registeringMs, deadlineMs - waitedMs);
    });
  return Math.max(0, ...left);
}

function nameOf({ seat }: Pick<SelectedSeat, "seat">): SeatName {
  return { participant: seat.participant.name, workerIndex: seat.workerIndex };
}

function describe(seats: readonly SelectedSeat[], terms: SelectionTerms): string {
  const { quorum, minOrganisations } = terms;
  const joined = seats.filter(({ isConnected }) => isConnected);
  const unfit = seats.filter(({ fitness }) => fitness === Fitness.Unfit);
  const organisations = `they are of ${countOrganisations(joined)} organisations, must be of ${minOrganisations}`;
  return [
    `${joined.length} of ${seats.length} workers have joined, quorum is ${quorum}`,
    ...(hasOrganisations(joined, terms) ? [] : [organisations]),
    ...nameProblems(unfit),
  ].join("; ");
}
