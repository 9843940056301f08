import type { RoundPlan } from "./plan.ts";
import type { RoundSetup } from "./setup.ts";

/** Types of message, in the order of a round; the number is the second byte on the wire. */
export const MessageType = {
  Setup: 1,
  Advertise: 2,
  KeyList: 3,
  ShareBundle: 4,
  ShareDelivery: 5,
  Plan: 6,
  MaskedInput: 7,
  SurvivorBitmaps: 8,
  Consistency: 9,
  UnmaskRequest: 10,
  UnmaskAnswer: 11,
  Result: 12,
} as const;
/** One of the values of {@link MessageType}. */
export type MessageType = (typeof MessageType)[keyof typeof MessageType];

/** The two secrets of a party in a segment; a holder gives a share of one of them, never of both. */
export const ShareKind = { MaskSecret: 0, SelfSeed: 1 } as const;
/** One of the values of {@link ShareKind}. */
export type ShareKind = (typeof ShareKind)[keyof typeof ShareKind];

/** Aggregator to all: opens a round. Signed by the aggregator. */
export interface SetupMessage {
  readonly type: typeof MessageType.Setup;
  readonly setup: RoundSetup;
  readonly signature: Uint8Array;
}

/** Party to aggregator, then to all: this round's public keys. Without masks both are empty. */
export interface AdvertiseMessage {
  readonly type: typeof MessageType.Advertise;
  readonly setupDigest: Uint8Array;
  readonly party: number;
  /** X25519 key that seals shares, 32 bytes. */
  readonly shareKey: Uint8Array;
  /** X25519 keys that agree masks, 32 bytes for each segment in the setup's order. */
  readonly maskKeys: Uint8Array;
  readonly signature: Uint8Array;
}

/** Aggregator to one party: who advertised (U1), with the whole message of each neighbour. */
export interface KeyListMessage {
  readonly type: typeof MessageType.KeyList;
  readonly setupDigest: Uint8Array;
  /** SHA-256 of each member's Advertise message, ascending by party. */
  readonly members: readonly { readonly party: number; readonly sha256: Uint8Array }[];
  /** Encoded Advertise messages: of every member in a complete graph, of the neighbours and the party itself otherwise. */
  readonly advertised: readonly Uint8Array[];
}

/** Party to aggregator: sealed shares for its holders, commitments to its self seeds. */
export interface ShareBundleMessage {
  readonly type: typeof MessageType.ShareBundle;
  readonly setupDigest: Uint8Array;
  readonly party: number;
  /** 32 bytes for each segment. */
  readonly commitments: Uint8Array;
  readonly sealed: readonly { readonly party: number; readonly bytes: Uint8Array }[];
  readonly signature: Uint8Array;
}

/** Aggregator to one party: whose bundles arrived (U2), and the shares sealed for it. */
export interface ShareDeliveryMessage {
  readonly type: typeof MessageType.ShareDelivery;
  readonly setupDigest: Uint8Array;
  /** U2 over the roster. */
  readonly senders: Uint8Array;
  readonly sealed: readonly { readonly party: number; readonly bytes: Uint8Array }[];
}

/** Aggregator to all: base model and steps. Signed by the aggregator. */
export interface PlanMessage {
  readonly type: typeof MessageType.Plan;
  readonly setupDigest: Uint8Array;
  readonly plan: RoundPlan;
  readonly signature: Uint8Array;
}

/** Party to aggregator: a segment's bytes are all stored, and these are they. */
export interface MaskedInputMessage {
  readonly type: typeof MessageType.MaskedInput;
  readonly planDigest: Uint8Array;
  readonly party: number;
  readonly segment: number;
  readonly sha256: Uint8Array;
  readonly sizeBytes: number;
  readonly signature: Uint8Array;
}

/** Aggregator to all: whose input is in the sum (U3), for some segments. */
export interface SurvivorBitmapsMessage {
  readonly type: typeof MessageType.SurvivorBitmaps;
  readonly planDigest: Uint8Array;
  readonly bitmaps: readonly { readonly segment: number; readonly bitmap: Uint8Array }[];
}

/** Party to aggregator: signatures over bitmaps. */
export interface ConsistencyMessage {
  readonly type: typeof MessageType.Consistency;
  readonly planDigest: Uint8Array;
  readonly party: number;
  readonly signatures: readonly { readonly segment: number; readonly signature: Uint8Array }[];
}

/** Aggregator to all: bitmaps with the signatures that fix them; asks for shares. */
export interface UnmaskRequestMessage {
  readonly type: typeof MessageType.UnmaskRequest;
  readonly planDigest: Uint8Array;
  readonly segments: readonly {
    readonly segment: number;
    readonly bitmap: Uint8Array;
    readonly signatures: readonly { readonly party: number; readonly signature: Uint8Array }[];
  }[];
}

/** Party to aggregator: one share of each owner it holds for, in each segment asked. Without masks: no shares. */
export interface UnmaskAnswerMessage {
  readonly type: typeof MessageType.UnmaskAnswer;
  readonly planDigest: Uint8Array;
  readonly party: number;
  readonly segments: readonly {
    readonly segment: number;
    readonly shares: readonly { readonly owner: number; readonly kind: ShareKind; readonly share: Uint8Array }[];
  }[];
  readonly signature: Uint8Array;
}

/** Aggregator to all: how each segment ended. Signed by the aggregator. */
export interface ResultMessage {
  readonly type: typeof MessageType.Result;
  readonly planDigest: Uint8Array;
  readonly segments: readonly SegmentResult[];
  readonly signature: Uint8Array;
}

/** How a segment ended: its survivors and the digest of its opened sum, or nothing for a segment left empty. */
export interface SegmentResult {
  readonly segment: number;
  readonly opened: { readonly bitmap: Uint8Array; readonly sumSha256: Uint8Array } | null;
}

/** Any message of a round. */
export type Message =
  | SetupMessage
  | AdvertiseMessage
  | KeyListMessage
  | ShareBundleMessage
  | ShareDeliveryMessage
  | PlanMessage
  | MaskedInputMessage
  | SurvivorBitmapsMessage
  | ConsistencyMessage
  | UnmaskRequestMessage
  | UnmaskAnswerMessage
  | ResultMessage;
