import { type PrivacyEvent, spentEpsilon } from "./accountant.ts";
import { type LedgerCharge, type LedgerTerms, requireCharge, requireTerms } from "./ledger-terms.ts";

/** SHA-256 of some bytes, 32 bytes long; injected because this package imports no cryptography. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** A charge that was granted. */
export interface LedgerEntry extends LedgerCharge {
  /** Position in the ledger, from 0. */
  readonly sequence: number;
  /** Epsilon spent once this entry is paid; never less than before. */
  readonly epsilonAfter: number;
  /** Hash of the entry before, of the terms for the first; 64 hexadecimal digits. */
  readonly previousHash: string;
  /** Hash of this entry and, through previousHash, of all before; 64 hexadecimal digits. */
  readonly hash: string;
}

/** Append-only record of what was done with a data set. Plain data: it survives as JSON. */
export interface PrivacyLedger {
  readonly terms: LedgerTerms;
  readonly termsHash: string;
  readonly entries: readonly LedgerEntry[];
}

/** Answer to a charge. Only `Charged` carries another ledger; it must be durable before the round starts. */
export type ChargeOutcome =
  | { readonly kind: "Charged"; readonly ledger: PrivacyLedger; readonly entry: LedgerEntry }
  /** The same attempt is paid already: nothing is added. */
  | { readonly kind: "AlreadyCharged"; readonly entry: LedgerEntry }
  /** The attempt is paid with another event: it must not start. */
  | { readonly kind: "ChargeConflict"; readonly entry: LedgerEntry }
  /** The round would pass the budget: it must not start. */
  | {
      readonly kind: "BudgetExceeded";
      readonly epsilonSpent: number;
      readonly epsilonWouldBe: number;
      readonly epsilonBudget: number;
    };

/**
 * Opens an empty ledger.
 *
 * @throws ArgumentError for terms out of range.
 */
export function openPrivacyLedger(terms: LedgerTerms, sha256: Sha256): PrivacyLedger {
  const { dataset, unit, epsilonBudget, deltaDp, accountant } = terms;
  const fixed = { dataset, unit, epsilonBudget, deltaDp, accountant };
  requireTerms(fixed);
  return { terms: fixed, termsHash: hashOfTerms(fixed, sha256), entries: [] };
}

/** Epsilon that a ledger has granted so far. */
export function ledgerEpsilon(ledger: PrivacyLedger): number {
  return ledger.entries.at(-1)?.epsilonAfter ?? 0;
}

/** Hash that stands for the whole ledger. Kept elsewhere too, it reveals entries that were cut off the end. */
export function ledgerHead(ledger: PrivacyLedger): string {
  return ledger.entries.at(-1)?.hash ?? ledger.termsHash;
}

/**
 * Asks for one attempt at one round, before it starts. Asking again for the same attempt changes nothing.
 *
 * @throws ArgumentError for a charge out of range, an event with other fields than its kind has, or one that the ledger's
 * accountant does not know.
 */
export function chargeLedger(ledger: PrivacyLedger, charge: LedgerCharge, sha256: Sha256): ChargeOutcome {
  const { deltaDp, accountant, epsilonBudget } = ledger.terms;
  requireCharge(charge, accountant);
  const { job, round, attempt } = charge;
  const paid = ledger.entries.find((entry) => entry.job === job && entry.round === round && entry.attempt === attempt);
  if (paid) {
    const same = textOfEvent(paid.event) === textOfEvent(charge.event);
    return { kind: same ? "AlreadyCharged" : "ChargeConflict", entry: paid };
  }
  const epsilonSpent = ledgerEpsilon(ledger);
  const events = [...ledger.entries.map((entry) => entry.event), charge.event];
  const epsilonAfter = Math.max(epsilonSpent, spentEpsilon(events, deltaDp, accountant));
  if (!(epsilonAfter <= epsilonBudget)) {
    return { kind: "BudgetExceeded", epsilonSpent, epsilonWouldBe: epsilonAfter, epsilonBudget };
  }
  const body = { sequence: ledger.entries.length, job, round, attempt, event: charge.event, epsilonAfter };
  const unsealed = { ...body, previousHash: ledgerHead(ledger) };
  const entry: LedgerEntry = { ...unsealed, hash: hashOfEntry(unsealed, sha256) };
  return { kind: "Charged", ledger: { ...ledger, entries: [...ledger.entries, entry] }, entry };
}

/** Hash of a ledger's terms: SHA-256 of a JSON list with a fixed order, numbers in their shortest form. */
export function hashOfTerms(
  { dataset, unit, epsilonBudget, deltaDp, accountant }: LedgerTerms,
  sha256: Sha256,
): string {
  return digest(["tributary/privacy-ledger/terms/1", dataset, unit, epsilonBudget, deltaDp, accountant], sha256);
}

/** Hash of an entry without its own hash: SHA-256 of a JSON list with a fixed order, numbers in their shortest form. */
export function hashOfEntry(entry: Omit<LedgerEntry, "hash">, sha256: Sha256): string {
  const { sequence, previousHash, job, round, attempt, event, epsilonAfter } = entry;
  const fields = [sequence, previousHash, job, round, attempt, textOfEvent(event), epsilonAfter];
  return digest(["tributary/privacy-ledger/entry/1", ...fields], sha256);
}

function textOfEvent(event: PrivacyEvent): string {
  return event.kind === "SampledGaussian"
    ? JSON.stringify([event.kind, event.samplingRate, event.noiseMultiplier, event.steps])
    : JSON.stringify([event.kind, event.sensitivityL2, event.sensitivityL1, event.variance, event.steps]);
}

function digest(fields: readonly (string | number)[], sha256: Sha256): string {
  const hash = sha256(new TextEncoder().encode(JSON.stringify(fields)));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
