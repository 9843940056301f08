import { TributaryError } from "@tributary/kit";

/** Why a worker, or its member's gate, refuses what a round asks of it, by name: the first word of the message that the hub and people see. */
export const TermsRefusal = {
  /** The terms are not those that the setup's digest names. */
  TermsAltered: "TermsAltered",
  /** The aggregator's key did not sign terms or start. */
  SignatureInvalid: "SignatureInvalid",
  /** The terms contradict what the worker was told when it joined, or what it signed on the same start. */
  TermsChanged: "TermsChanged",
  /** The script or the report is not the one of the job's paradigm. */
  ScriptChanged: "ScriptChanged",
  /** The segment table, or the steps of metrics, do not follow from the report. */
  LayoutChanged: "LayoutChanged",
  /** Too few seats do work like the worker's own. */
  WorkNotShared: "WorkNotShared",
  /** The start is not the one that the plan's digest names, or not what the script reads. */
  StartChanged: "StartChanged",
  /** A seat of a masked round shows no worker that a member of the peer list vouches for, or another one than it must. */
  ChainRefused: "ChainRefused",
  /** Nobody tells the worker whom its member trusts: it takes part in no masked round. */
  TrustMissing: "TrustMissing",
  /** Segments that must have one set of survivors have several. */
  SurvivorsDiffer: "SurvivorsDiffer",
  /** A line of the member's policy forbids it. */
  PolicyRefuses: "PolicyRefuses",
} as const;
/** One of the values of {@link TermsRefusal}. */
export type TermsRefusal = (typeof TermsRefusal)[keyof typeof TermsRefusal];

/** The error of a refusal: TERMS_REFUSED whose message begins with its name. */
export function termsRefused(refusal: TermsRefusal, why: string): TributaryError {
  return new TributaryError("TERMS_REFUSED", `${refusal}: ${why}`, { details: { refusal } });
}
