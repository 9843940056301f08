/**
 * Why a party or an aggregator did not do what a message asked: names for events, metrics and tests.
 *
 * A refused step sends nothing and leaves the state as it was.
 */
export const RefusalReason = {
  /** Bytes are not one canonical message. */
  MalformedMessage: "MalformedMessage",
  /** The message belongs to another job than this party's. */
  JobMismatch: "JobMismatch",
  /** No open round has this setup or plan digest. */
  UnknownRound: "UnknownRound",
  /** The message came before the stage it belongs to. */
  StageNotReached: "StageNotReached",
  /** The message came after its stage was closed. */
  StageClosed: "StageClosed",
  /** (round, attempt) is not greater than the last one opened. */
  RoundNotIncreasing: "RoundNotIncreasing",
  /** Another setup for a (round, attempt) that is already open. */
  SetupChanged: "SetupChanged",
  /** Another key list for the same setup: holders would get second points of the same shares. */
  KeysChanged: "KeysChanged",
  /** Another delivery of shares for the same setup. */
  DeliveryChanged: "DeliveryChanged",
  /** Another plan for the same setup. */
  PlanChanged: "PlanChanged",
  /** A segment's values are not the ones whose digest was recorded: two plaintexts under one keystream leak their difference. */
  InputChanged: "InputChanged",
  /** A setup, plan, result or message is not signed by the key it must be signed by. */
  SignatureInvalid: "SignatureInvalid",
  /** The setup runs without masks and the member's policy asks for them. */
  ProtocolNotAllowed: "ProtocolNotAllowed",
  /** This party is not in the roster, or its identity key is not the one it holds. */
  OwnIdentityMissing: "OwnIdentityMissing",
  /** The key list lacks this party's keys or shows other ones. */
  OwnKeyMissing: "OwnKeyMissing",
  /** A party of the roster is not one whose certificate was verified against its member's peer list. */
  PartyNotEnrolled: "PartyNotEnrolled",
  /** Two parties share an identity key, a share key or a mask key. */
  DuplicateKey: "DuplicateKey",
  /** Two parties of a masked round train on the same data: as one name in a set of survivors they would hide one. */
  DuplicateData: "DuplicateData",
  /** A public key is a point of low order: the shared secret would be known to everybody. */
  LowOrderPoint: "LowOrderPoint",
  /** Fewer parties than `minSurvivors`, or than a masked sum may have. */
  TooFewParties: "TooFewParties",
  /** Fewer organisations than `minOrganisations`. */
  TooFewOrganisations: "TooFewOrganisations",
  /** `minOrganisations` of the setup is below the member's policy. */
  MinOrganisationsTooLow: "MinOrganisationsTooLow",
  /** The threshold is below floor(2n/3) + 1, or below 3 with masks. */
  ThresholdTooLow: "ThresholdTooLow",
  /** The threshold is above the number of parties that hold shares. */
  ThresholdTooHigh: "ThresholdTooHigh",
  /** `minSurvivors` is below max(3, threshold). */
  MinSurvivorsTooLow: "MinSurvivorsTooLow",
  /** The neighbourhoods are too small for the member's bound on corrupt parties. */
  GraphTooSparse: "GraphTooSparse",
  /** A segment has an impossible width, no value, or a ring too small for the roster. */
  SegmentTableInvalid: "SegmentTableInvalid",
  /** The plan's step table does not fit the segment table. */
  StepTableInvalid: "StepTableInvalid",
  /** The plan goes back to a base model that was left. */
  ModelReplayed: "ModelReplayed",
  /** The base model has moved on since this round's plan. */
  ModelSuperseded: "ModelSuperseded",
  /** On this base model another sum was signed, and no survivors this roster can give would be far enough from it. */
  RosterShrunk: "RosterShrunk",
  /** A segment the setup does not have. */
  UnknownSegment: "UnknownSegment",
  /** Survivors outside the parties whose shares were delivered. */
  SurvivorsNotSubset: "SurvivorsNotSubset",
  /** Fewer survivors than `minSurvivors`. */
  TooFewSurvivors: "TooFewSurvivors",
  /** This party is called a survivor of a segment it never prepared. */
  NotPrepared: "NotPrepared",
  /** Another survivor bitmap for a segment whose bitmap was signed in this round. */
  BitmapChanged: "BitmapChanged",
  /** On this base model the survivors differ from an earlier bitmap by somebody, but by fewer than max(3, threshold). */
  BitmapTooClose: "BitmapTooClose",
  /** On this base model two different sets of survivors were signed already: a third could single out a party. */
  BitmapsSpent: "BitmapsSpent",
  /** Shares are asked for a bitmap this party did not sign. */
  BitmapNotSigned: "BitmapNotSigned",
  /** The request would make this party give both kinds of share of one party in one segment. */
  BothShareKinds: "BothShareKinds",
  /** Fewer than `threshold` valid signatures of an owner's holders on the same bitmap. */
  TooFewSignatures: "TooFewSignatures",
  /** The result's survivors are not the ones this party signed. */
  ResultMismatch: "ResultMismatch",
  /** A message speaks for another party than the one that sent it. */
  SenderMismatch: "SenderMismatch",
  /** A party that is not in the roster, or not in the stage before. */
  UnknownParty: "UnknownParty",
  /** A second, different message of a party for one stage. */
  MessageChanged: "MessageChanged",
  /** Stored bytes do not have the length or the digest that their party signed. */
  PayloadMismatch: "PayloadMismatch",
  /** A share does not fit the commitment or the public key of its owner. */
  ShareInvalid: "ShareInvalid",
} as const;
/** One of the values of {@link RefusalReason}. */
export type RefusalReason = (typeof RefusalReason)[keyof typeof RefusalReason];

/** A named refusal with a sentence that says which value broke which bound. */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly detail: string;
}

/** A {@link Refusal}. */
export function refusal(reason: RefusalReason, detail: string): Refusal {
  return { reason, detail };
}

/** The first refusal that one of the checks gives, in their order, or `null`. */
export function firstRefusal(...checks: readonly (() => Refusal | null)[]): Refusal | null {
  for (const check of checks) {
    const found = check();
    if (found !== null) return found;
  }
  return null;
}
