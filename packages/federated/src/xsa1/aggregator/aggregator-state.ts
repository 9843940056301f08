import type { UnmaskAnswerMessage } from "../messages.ts";
import type { RoundPlan } from "../plan.ts";
import type { RoundSetup } from "../setup.ts";

/** Where the whole round stands; from `Collecting` on each segment goes its own way. */
export const RoundStage = {
  Advertising: "Advertising",
  Sharing: "Sharing",
  Collecting: "Collecting",
  Committed: "Committed",
  Failed: "Failed",
} as const;
/** One of the values of {@link RoundStage}. */
export type RoundStage = (typeof RoundStage)[keyof typeof RoundStage];

/** Where one segment stands. */
export const SegmentStage = {
  Collecting: "Collecting",
  /** Survivors are chosen, their sum is being computed; nothing is announced. */
  Summing: "Summing",
  /** The bitmap is announced; signatures come in. */
  Signing: "Signing",
  /** Signatures are out; shares come in. */
  Unmasking: "Unmasking",
  /** Secrets are rebuilt; masks are being removed. */
  Removing: "Removing",
  Opened: "Opened",
  Empty: "Empty",
} as const;
/** One of the values of {@link SegmentStage}. */
export type SegmentStage = (typeof SegmentStage)[keyof typeof SegmentStage];

/** Digest and length of a party's segment. */
export interface Payload {
  readonly sha256: Uint8Array;
  readonly sizeBytes: number;
}

/** A share as its holder gave it. */
export type GivenShare = UnmaskAnswerMessage["segments"][number]["shares"][number];

/** One segment of a round. */
export interface SegmentState {
  readonly stage: SegmentStage;
  /** What is staged, by party. */
  readonly stored: ReadonlyMap<number, Payload>;
  /** What parties signed, by party. */
  readonly reported: ReadonlyMap<number, Payload>;
  /** U3 over the roster. */
  readonly survivors: Uint8Array | null;
  /** Digest of the masked sum, then of the opened one. */
  readonly sumSha256: Uint8Array | null;
  /** Valid signatures over the bitmap, by party. */
  readonly signatures: ReadonlyMap<number, Uint8Array>;
  /** Shares given, by holder. */
  readonly answers: ReadonlyMap<number, readonly GivenShare[]>;
}

/** What a party sent in the share stage. */
export interface Bundle {
  /** 32 bytes for each segment; empty without masks. */
  readonly commitments: Uint8Array;
  /** Sealed shares by receiver; not part of the durable state, the receivers have them by then. */
  readonly sealed: ReadonlyMap<number, Uint8Array>;
}

/** The aggregator's side of one attempt at one round. Holds no secret of a party that is not opened. */
export interface AggregatorState {
  readonly setup: RoundSetup;
  readonly setupDigest: Uint8Array;
  readonly stage: RoundStage;
  readonly plan: { readonly plan: RoundPlan; readonly digest: Uint8Array } | null;
  /** Encoded Advertise messages, by party. */
  readonly advertised: ReadonlyMap<number, Uint8Array>;
  /** U1, fixed when the stage ends: its digest fixes the graph. */
  readonly keys: { readonly digest: Uint8Array; readonly members: readonly number[] } | null;
  readonly bundles: ReadonlyMap<number, Bundle>;
  /** U2 over the roster, fixed when the stage ends. */
  readonly senders: Uint8Array | null;
  /** In the order of the setup's segments. */
  readonly segments: readonly SegmentState[];
}

/** An aggregator's state whose plan is known. */
export type PlannedState = AggregatorState & { readonly plan: NonNullable<AggregatorState["plan"]> };

/** A segment nothing has happened to. */
export function emptySegment(): SegmentState {
  return {
    stage: SegmentStage.Collecting,
    stored: new Map(),
    reported: new Map(),
    survivors: null,
    sumSha256: null,
    signatures: new Map(),
    answers: new Map(),
  };
}

/** True once nothing is collected for a segment any more: its survivors are announced, or it ended without. */
export function isCollected({ stage }: SegmentState): boolean {
  return stage !== SegmentStage.Collecting && stage !== SegmentStage.Summing;
}

/** The state with one segment changed. */
export function withSegment<S extends AggregatorState>(state: S, index: number, change: Partial<SegmentState>): S {
  const segments = state.segments.map((entry, at) => (at === index ? { ...entry, ...change } : entry));
  return { ...state, segments };
}

/** The place of a segment in the setup, or -1. */
export function segmentIndex(state: AggregatorState, segment: number): number {
  return state.setup.segments.findIndex((entry) => entry.id === segment);
}
