import type { RoundTerms, SeatTerms, SeatWork } from "./round-terms.ts";

/** How far the work of two seats may differ, in steps, learning rate and batch size. */
const LARGEST_FACTOR = 8;

/** Hyperparameters that may differ by {@link LARGEST_FACTOR}. */
const SCALED = ["learningRate", "batchSize"];

/** Hyperparameters that change how a worker trains and not what: free. */
const FREE = ["dtype", "accumulation", "device"];

/** Who must work alike for a sum to hide one of them. */
export interface Crowd {
  readonly seats: number;
  readonly organisations: number;
}

/**
 * Seats whose work is like that of `party`, itself among them: steps, learning rate and batch size within a factor of eight, all other
 * hyperparameters equal but dtype, accumulation and device. A sum of one who trained and others who did not is that one's update.
 */
export function seatsOfLikeWork({ works, seats }: Pick<RoundTerms, "works" | "seats">, party: number): SeatTerms[] {
  const own = seats.find((seat) => seat.party === party);
  const work = own === undefined ? undefined : works[own.work];
  if (work === undefined) return [];
  const alike = works.map((other) => isLike(work, other));
  return seats.filter((seat) => alike[seat.work]);
}

/**
 * Whether so many of `present`, of so many organisations, do work like that of `party`. Other seats hide nobody: they may be anybody's
 * invention, and what is not in the sum adds nothing to it.
 */
export function isWorkShared(
  terms: Pick<RoundTerms, "works" | "seats">,
  party: number,
  present: readonly number[],
  crowd: Crowd,
): boolean {
  const here = new Set(present);
  const alike = seatsOfLikeWork(terms, party).filter((seat) => here.has(seat.party));
  const organisations = new Set(alike.map(({ organisation }) => organisation));
  return alike.length >= crowd.seats && organisations.size >= crowd.organisations;
}

function isLike(a: SeatWork, b: SeatWork): boolean {
  if (a.rank !== b.rank || !isWithin(a.localSteps, b.localSteps)) return false;
  const names = new Set([...Object.keys(a.hyperparameters), ...Object.keys(b.hyperparameters)]);
  return [...names].every((name) => isLikeValue(name, a.hyperparameters[name], b.hyperparameters[name]));
}

function isLikeValue(name: string, a: string | undefined, b: string | undefined): boolean {
  if (a === b || FREE.includes(name)) return true;
  return SCALED.includes(name) && isWithin(Number(a), Number(b));
}

function isWithin(a: number, b: number): boolean {
  if (a === b) return true;
  const [least, most] = [Math.min(a, b), Math.max(a, b)];
  return least > 0 && most <= least * LARGEST_FACTOR;
}
