import type { CryptoSuite } from "../crypto-suite.ts";
import type { MaskKey } from "../derive-keys.ts";
import type { SegmentResult } from "../messages.ts";
import type { RoundPlan } from "../plan.ts";
import type { Refusal } from "../refusals.ts";
import type { AggregatorState } from "./aggregator-state.ts";

/** What a step of the aggregator reads besides state and event. */
export interface AggregatorContext {
  readonly crypto: CryptoSuite;
  /** Seed of the Ed25519 key whose public half is the setup's `aggregatorKey`, 32 bytes. */
  readonly signingSecret: Uint8Array;
}

/** What can happen to the aggregator's side of a round. */
export type AggregatorEvent =
  /** The base model of the round is known. */
  | { readonly type: "plan"; readonly plan: RoundPlan }
  /** A message of a party whose connection the caller authenticated. */
  | { readonly type: "receive"; readonly from: number; readonly message: Uint8Array }
  /** All bytes of a party's segment are staged; digest and length as the aggregator counted them. */
  | {
      readonly type: "stored";
      readonly party: number;
      readonly segment: number;
      readonly sha256: Uint8Array;
      readonly sizeBytes: number;
    }
  /** Staged bytes of these parties are not what they were; what was not announced goes on without them. */
  | { readonly type: "broken"; readonly parties: readonly number[] }
  /** The time of a stage is over: go on with those who are there. `segment` only in `Collecting` and `Unmasking`; all when left out. */
  | { readonly type: "deadline"; readonly stage: DeadlineStage; readonly segment?: number }
  /** The sums asked for are computed; digests of their bytes. They become durable with the next `persist`. */
  | { readonly type: "summed"; readonly sums: readonly { readonly segment: number; readonly sumSha256: Uint8Array }[] }
  /** The masks asked for are removed; digest of the opened sum. */
  | { readonly type: "removed"; readonly segment: number; readonly sumSha256: Uint8Array }
  /** Gives up the segments that are not opened: the round closes without them. */
  | { readonly type: "abandon" }
  /** Model, optimiser state and ledger line are durable, of the results that `commit` named; also said after a restart. */
  | { readonly type: "committed" }
  /** A party is back: say to it again what is open. */
  | { readonly type: "reconnected"; readonly party: number }
  /** The aggregator restarted with this state: say everything again. */
  | { readonly type: "resume" };

/** Stages that a deadline can end. */
export const DeadlineStage = {
  Advertising: "Advertising",
  Sharing: "Sharing",
  Collecting: "Collecting",
  Unmasking: "Unmasking",
} as const;
/** One of the values of {@link DeadlineStage}. */
export type DeadlineStage = (typeof DeadlineStage)[keyof typeof DeadlineStage];

/** What the aggregator's caller does, in the order given: an effect starts when those before it are done. */
export type AggregatorEffect =
  /** Durable point 1: the encoded state and the sums of these segments, before anything after this is sent. */
  | { readonly type: "persist"; readonly segments: readonly number[] }
  /** Send bytes to one party, or to each of the roster. */
  | { readonly type: "send"; readonly to: number | "all"; readonly message: Uint8Array }
  /** Add the staged segments of exactly these parties mod 2^b, then say `summed`; asked for again, it replaces what was asked before. */
  | { readonly type: "sum"; readonly segment: number; readonly parties: readonly number[] }
  /** Drop the staged segment of a party: it is not the one it signed, came too late, or is broken. */
  | { readonly type: "discard"; readonly segment: number; readonly party: number }
  /** Add these masks to the sum (signs are those of removal), then say `removed`. Empty without masks. */
  | { readonly type: "remove"; readonly segment: number; readonly keys: readonly MaskKey[] }
  /** Every segment has ended: apply the server optimiser and make durable point 2, then say `committed`. */
  | { readonly type: "commit"; readonly results: readonly SegmentResult[] }
  /** An announced bitmap has too few answers so far: the attempt is spent until one of `missing` returns. */
  | { readonly type: "starved"; readonly segment: number; readonly missing: readonly number[] }
  /** A share of `owner` that `holder` gave is wrong: one of the two lies, `holder` unless several holders are named. */
  | { readonly type: "suspected"; readonly segment: number; readonly owner: number; readonly holder: number }
  /** A message or a segment was not accepted. */
  | { readonly type: "refused"; readonly party: number; readonly refusal: Refusal }
  /** The round failed before any bitmap was announced: it may be opened again as another attempt. */
  | { readonly type: "failed"; readonly refusal: Refusal }
  /** A segment ends without a sum, before its bitmap was announced. */
  | { readonly type: "emptied"; readonly segment: number; readonly refusal: Refusal };

/** A new state and what to do about it. */
export interface AggregatorStep {
  readonly state: AggregatorState;
  readonly effects: readonly AggregatorEffect[];
}
