import { bitmapOf, hasRank } from "./bitmap.ts";
import { type Refusal, RefusalReason, refusal } from "./refusals.ts";
import { Protocol, type RosterEntry, type RoundSetup } from "./setup.ts";

/** True when the round has masks, keys and shares. */
export function isMasked(setup: RoundSetup): boolean {
  return setup.protocol === Protocol.Masking;
}

/** A party's place in the roster, or -1. */
export function rankOf(setup: RoundSetup, party: number): number {
  return setup.roster.findIndex((entry) => entry.id === party);
}

/** A party's entry in the roster. */
export function entryOf(setup: RoundSetup, party: number): RosterEntry | undefined {
  return setup.roster.find((entry) => entry.id === party);
}

/** The bitmap over the roster of some party ids. */
export function bitmapOfParties(setup: RoundSetup, parties: Iterable<number>): Uint8Array {
  const wanted = new Set(parties);
  const ranks = setup.roster.flatMap((entry, rank) => (wanted.has(entry.id) ? [rank] : []));
  return bitmapOf(ranks, setup.roster.length);
}

/** The roster entries whose bits are set. */
export function entriesOf(setup: RoundSetup, bitmap: Uint8Array): RosterEntry[] {
  return setup.roster.filter((_, rank) => hasRank(bitmap, rank));
}

/** The ids of the parties whose bits are set, ascending. */
export function partiesOf(setup: RoundSetup, bitmap: Uint8Array): number[] {
  return entriesOf(setup, bitmap).map((entry) => entry.id);
}

/** The public key of one segment out of the concatenation of all, 32 bytes. */
export function keyAt(keys: Uint8Array, index: number): Uint8Array {
  return keys.slice(32 * index, 32 * index + 32);
}

/** Organisations among roster entries. */
export function countOrganisations(entries: readonly RosterEntry[]): number {
  return new Set(entries.map((entry) => entry.organisation)).size;
}

/** Why a set of parties is too small for this round's sums: by parties (reason `few`) or by organisations. */
export function checkPresence(setup: RoundSetup, present: readonly RosterEntry[], few: RefusalReason): Refusal | null {
  if (present.length < setup.minSurvivors) {
    return refusal(few, `${present.length} parties, must be at least ${setup.minSurvivors}`);
  }
  const count = countOrganisations(present);
  if (count >= setup.minOrganisations) return null;
  return refusal(
    RefusalReason.TooFewOrganisations,
    `${count} organisations, must be at least ${setup.minOrganisations}`,
  );
}
