import type { Section } from "../reports/section.ts";
import { utf8 } from "../xsa1/bytes.ts";
import type { CryptoSuite } from "../xsa1/crypto-suite.ts";
import type { ScriptStep } from "./script.ts";

/** What a seat is asked to do in a round, told apart from what other seats are: each kind of work stands in the terms once. */
export interface SeatWork {
  /** Local optimiser steps of a `Train` task; 0 when the round only evaluates. */
  readonly localSteps: number;
  readonly hyperparameters: Readonly<Record<string, string>>;
  /** Rank of the seat's adapter; 0 when the whole model is trained. */
  readonly rank: number;
}

/** A seat of the job, whether or not its worker takes part in the round. */
export interface SeatTerms {
  /** Party id of the seat. */
  readonly party: number;
  readonly participant: string;
  readonly role: string;
  /** What `minOrganisations` counts. */
  readonly organisation: string;
  readonly workerIndex: number;
  readonly workerCount: number;
  /** Place in {@link RoundTerms.works}. */
  readonly work: number;
  /** Certificates by which other members know the seat's worker, DER, its own first; none without masks. */
  readonly chainDer: readonly Uint8Array[];
}

/** What a trainer learns of the job besides its work. */
export interface JobContext {
  readonly task: string;
  readonly seed: bigint;
  /** JSON of the adapter; empty when the whole model is trained. */
  readonly adapterJson: string;
  /** Digest of the model source, 32 bytes. */
  readonly sourceSha256: Uint8Array;
}

/** The strategy of the server step. */
export interface StrategyTerms {
  readonly name: string;
  /** Decimals by name. */
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * What all parties of a round agree on, and nothing that the outcome of the round before decides: objects, steps of the quantiser and
 * exponents stand in start and plan.
 */
export interface RoundTerms {
  readonly jobUid: string;
  /** Ledger line that the round may become: whoever draws work by it draws it alike. */
  readonly line: number;
  readonly paradigm: string;
  /** Seats' works, each different. */
  readonly works: readonly SeatWork[];
  /** Every seat of the job, ascending by party. */
  readonly seats: readonly SeatTerms[];
  /** The script, in order. */
  readonly steps: readonly ScriptStep[];
  /** The report, in order. */
  readonly sections: readonly Section[];
  readonly strategy: StrategyTerms;
  readonly context: JobContext;
}

/**
 * The terms as they are agreed to on a start, whichever line they are for and whichever pods sit on the seats: certificates change every few
 * minutes, and the data behind a seat does not.
 */
export function lastingTerms(terms: RoundTerms): RoundTerms {
  return { ...terms, line: 0, seats: terms.seats.map((seat) => ({ ...seat, chainDer: [] })) };
}

/** Digest of terms as they travel: `SHA256("tributary/terms" ‖ bytes)`, which the round's setup carries as its context. */
export function termsDigest(crypto: Pick<CryptoSuite, "sha256">, bytes: Uint8Array): Uint8Array {
  return crypto.sha256(utf8("tributary/terms"), bytes);
}
