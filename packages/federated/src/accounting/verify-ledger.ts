import { isArgumentError } from "../errors.ts";
import { spentEpsilon } from "./accountant.ts";
import { isEntryShape, isLedgerShape } from "./ledger-shape.ts";
import { requireCharge, requireTerms } from "./ledger-terms.ts";
import {
  hashOfEntry,
  hashOfTerms,
  ledgerEpsilon,
  ledgerHead,
  type PrivacyLedger,
  type Sha256,
} from "./privacy-ledger.ts";

/** What is wrong with a ledger that was altered. */
export const LedgerFault = {
  /** The ledger or an entry has fields too many or too few, or one of another kind; or the entry is none that could be charged. */
  Malformed: "Malformed",
  /** The terms are not those it was opened with, or none that a ledger could be opened with. */
  TermsChanged: "TermsChanged",
  /** An entry is missing, doubled or out of order. */
  SequenceBroken: "SequenceBroken",
  /** An entry does not follow the one before it. */
  ChainBroken: "ChainBroken",
  /** An entry is not what was hashed. */
  EntryChanged: "EntryChanged",
  /** An attempt at a round is paid twice. */
  ChargeDoubled: "ChargeDoubled",
  /** Epsilon falls from one entry to the next. */
  EpsilonFell: "EpsilonFell",
  /** An entry is above the budget. */
  OverBudget: "OverBudget",
  /** The last epsilon is less than what the entries cost. */
  EpsilonUnderstated: "EpsilonUnderstated",
  /** The ledger does not end where it is known to have ended. */
  HeadUnexpected: "HeadUnexpected",
} as const;
/** One of {@link LedgerFault}. */
export type LedgerFault = (typeof LedgerFault)[keyof typeof LedgerFault];

/** Answer of {@link verifyPrivacyLedger}; `sequence` is the first entry at fault, absent for the ledger itself, terms and head. */
export type LedgerVerdict =
  | { readonly kind: "Intact"; readonly epsilonSpent: number }
  | { readonly kind: "Tampered"; readonly fault: LedgerFault; readonly sequence?: number };

/** Another machine's exp and log may differ in the last bits. */
const RECOMPUTED_TOLERANCE = 1e-6;

/**
 * Checks a ledger that was read back: its shape, that its terms and entries could have been written at all, its hashes, its
 * order, that no attempt is paid twice, that epsilon never falls and stays within the budget, and the last epsilon against
 * the entries themselves. Any value has a verdict.
 *
 * @param expectedHead What {@link ledgerHead} was when the ledger was last known; without it, entries cut off the end
 * are not noticed.
 */
export function verifyPrivacyLedger(ledger: PrivacyLedger, sha256: Sha256, expectedHead?: string): LedgerVerdict {
  if (!isLedgerShape(ledger)) return { kind: "Tampered", fault: "Malformed" };
  const isOpened =
    isAccepted(() => requireTerms(ledger.terms)) && hashOfTerms(ledger.terms, sha256) === ledger.termsHash;
  if (!isOpened) return { kind: "Tampered", fault: "TermsChanged" };
  const paid = new Set<string>();
  let before = { hash: ledger.termsHash, epsilonAfter: 0 };
  for (const [sequence, entry] of ledger.entries.entries()) {
    const fault = faultOfEntry(ledger, sequence, before, sha256);
    if (fault) return { kind: "Tampered", fault, sequence };
    const attempt = JSON.stringify([entry.job, entry.round, entry.attempt]);
    if (paid.has(attempt)) return { kind: "Tampered", fault: "ChargeDoubled", sequence };
    paid.add(attempt);
    before = entry;
  }
  const epsilonSpent = ledgerEpsilon(ledger);
  if (epsilonSpent < recomputedEpsilon(ledger) * (1 - RECOMPUTED_TOLERANCE)) {
    return { kind: "Tampered", fault: "EpsilonUnderstated", sequence: ledger.entries.length - 1 };
  }
  if (expectedHead !== undefined && ledgerHead(ledger) !== expectedHead) {
    return { kind: "Tampered", fault: "HeadUnexpected" };
  }
  return { kind: "Intact", epsilonSpent };
}

function faultOfEntry(
  ledger: PrivacyLedger,
  sequence: number,
  before: { readonly hash: string; readonly epsilonAfter: number },
  sha256: Sha256,
): LedgerFault | undefined {
  const entry = ledger.entries[sequence]!;
  const isCharge = isEntryShape(entry) && isAccepted(() => requireCharge(entry, ledger.terms.accountant));
  if (!isCharge) return "Malformed";
  if (entry.sequence !== sequence) return "SequenceBroken";
  if (entry.previousHash !== before.hash) return "ChainBroken";
  if (hashOfEntry(entry, sha256) !== entry.hash) return "EntryChanged";
  if (!(entry.epsilonAfter >= before.epsilonAfter)) return "EpsilonFell";
  return entry.epsilonAfter <= ledger.terms.epsilonBudget ? undefined : "OverBudget";
}

/** What the entries cost; infinite when no accountant can tell, as at a delta too small for it: nobody charged them then. */
function recomputedEpsilon({ entries, terms }: PrivacyLedger): number {
  const events = entries.map(({ event }) => event);
  return unlessRefused(() => spentEpsilon(events, terms.deltaDp, terms.accountant), Number.POSITIVE_INFINITY);
}

/** Whether what writes a ledger would take this. */
function isAccepted(requireIt: () => void): boolean {
  const accept = () => {
    requireIt();
    return true;
  };
  return unlessRefused(accept, false);
}

/** What a call gives, or something else when it refuses an argument. */
function unlessRefused<T>(call: () => T, otherwise: T): T {
  try {
    return call();
  } catch (error) {
    if (isArgumentError(error)) return otherwise;
    throw error;
  }
}
