import { requireArgument, requireInteger } from "../errors.ts";
import { type Accountant, type PrivacyEvent, requirePrivacyEvent, spentEpsilon } from "./accountant.ts";
import { requireDelta, requireEpsilon } from "./bounds.ts";

/** SHA-256 of some bytes, 32 bytes long; injected because this package imports no cryptography. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** What one record is: neighbouring data sets differ by adding or removing one of these. */
export const ProtectedUnit = { Example: "Example", User: "User", Organisation: "Organisation" } as const;
/** One of {@link ProtectedUnit}. */
export type ProtectedUnit = (typeof ProtectedUnit)[keyof typeof ProtectedUnit];

/** What a ledger promises; fixed when it is opened. */
export interface LedgerTerms {
  /** Name of the data set, 1 to 253 characters. */
  readonly dataset: string;
  readonly unit: ProtectedUnit;
  /** Epsilon that all jobs together may spend, in (0, 1e4]. */
  readonly epsilonBudget: number;
  /** Delta at which epsilon is stated, in (0, 1). */
  readonly deltaDp: number;
  readonly accountant: Accountant;
}

/** One attempt at one round, to be paid before it starts. */
export interface LedgerCharge {
  /** Identity of the job, 1 to 253 characters. */
  readonly job: string;
  /** Round, from 0. */
  readonly round: number;
  /** Attempt at the round, from 1. Each is paid: one that failed may have opened something. */
  readonly attempt: number;
  /** What the round does with the data. */
  readonly event: PrivacyEvent;
}

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
  requireName("terms.dataset", terms.dataset);
  const units = Object.values(ProtectedUnit);
  requireArgument(units.includes(terms.unit), "terms.unit", terms.unit, `one of ${units.join(", ")}`);
  requireEpsilon(terms.epsilonBudget, "terms.epsilonBudget");
  requireDelta(terms.deltaDp);
  spentEpsilon([], terms.deltaDp, terms.accountant);
  const { dataset, unit, epsilonBudget, deltaDp, accountant } = terms;
  const fixed = { dataset, unit, epsilonBudget, deltaDp, accountant };
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
 * @throws ArgumentError for a charge out of range, or an event that the ledger's accountant does not know.
 */
export function chargeLedger(ledger: PrivacyLedger, charge: LedgerCharge, sha256: Sha256): ChargeOutcome {
  requireName("charge.job", charge.job);
  requireInteger("charge.round", charge.round, 0, Number.MAX_SAFE_INTEGER);
  requireInteger("charge.attempt", charge.attempt, 1, Number.MAX_SAFE_INTEGER);
  requirePrivacyEvent(charge.event);
  const { job, round, attempt } = charge;
  const paid = ledger.entries.find((entry) => entry.job === job && entry.round === round && entry.attempt === attempt);
  if (paid) {
    const same = textOfEvent(paid.event) === textOfEvent(charge.event);
    return { kind: same ? "AlreadyCharged" : "ChargeConflict", entry: paid };
  }
  const { deltaDp, accountant, epsilonBudget } = ledger.terms;
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

function requireName(argument: string, name: string): void {
  requireArgument(name.length >= 1 && name.length <= 253, argument, name, "1 to 253 characters");
}
