import { requireArgument, requireInteger } from "../errors.ts";
import { type Accountant, type PrivacyEvent, requireAccountant, requireAccountedEvent } from "./accountant.ts";
import { requireDelta, requireEpsilon } from "./bounds.ts";
import { requireEventFields, requireFields, termsFields } from "./ledger-shape.ts";

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

/** Refuses terms that no ledger is opened with, by whoever opens and whoever verifies one; throws ArgumentError. */
export function requireTerms(terms: LedgerTerms): void {
  requireFields("terms", terms, termsFields);
  requireName("terms.dataset", terms.dataset);
  const units = Object.values(ProtectedUnit);
  requireArgument(units.includes(terms.unit), "terms.unit", terms.unit, `one of ${units.join(", ")}`);
  requireEpsilon(terms.epsilonBudget, "terms.epsilonBudget");
  requireDelta(terms.deltaDp);
  requireAccountant(terms.accountant);
}

/** Refuses a charge that no ledger with this accountant takes, by whoever charges and whoever verifies it; throws ArgumentError. */
export function requireCharge({ job, round, attempt, event }: LedgerCharge, accountant: Accountant): void {
  requireFields("charge", { job, round, attempt }, { job: "string", round: "count", attempt: "count" });
  requireName("charge.job", job);
  requireInteger("charge.attempt", attempt, 1, Number.MAX_SAFE_INTEGER);
  requireEventFields("charge.event", event);
  requireAccountedEvent(event, accountant);
}

function requireName(argument: string, name: string): void {
  requireArgument(name.length >= 1 && name.length <= 253, argument, name, "1 to 253 characters");
}
