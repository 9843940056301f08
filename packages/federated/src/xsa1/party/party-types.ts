import type { CryptoSuite } from "../crypto-suite.ts";
import type { MaskKey } from "../derive-keys.ts";
import type { RoundPlan } from "../plan.ts";
import type { Refusal } from "../refusals.ts";
import type { RosterEntry, RoundSetup } from "../setup.ts";
import type { PartyState } from "./party-state.ts";

/** What a member's admin decided about rounds its workers may join. */
export interface PartyPolicy {
  /** Whether rounds without masks are accepted: the aggregator then sees single updates. */
  readonly allowUnmasked: boolean;
  /** Fewest organisations in a sum: 2 blinds the hub, 3 blinds participants from each other. */
  readonly minOrganisations: number;
  /** Share of parties that may work for the hub, for graphs that are not complete; 0.05 by default. */
  readonly corruptRatio: number;
  /** Share of parties that may drop out, for graphs that are not complete; 0.05 by default. */
  readonly dropRatio: number;
}

/** What an admin may decide anew while a party is at work: it is asked for at each opening. */
export type OpeningPolicy = Pick<PartyPolicy, "allowUnmasked" | "minOrganisations">;

/** Who a party is; not part of its state, so no identity key is ever written with it. */
export interface PartyConfig {
  readonly jobUid: string;
  /** Seed of the worker's enrolled Ed25519 key, 32 bytes. */
  readonly identitySecret: Uint8Array;
  /** Ed25519 key of the job's aggregator, 32 bytes. */
  readonly aggregatorKey: Uint8Array;
  readonly policy: PartyPolicy;
}

/** A worker whose certificate the caller verified against its member's peer list. */
export interface EnrolledParty extends Omit<RosterEntry, "id"> {
  /** Whose data it trains on, across pods, jobs and hubs: {@link DATA_NAME_BYTES} bytes of its certificate; none without masks. */
  readonly dataName: Uint8Array;
}

/** The parties of a round without masks, taken as its aggregator names them: nobody's data needs a name where no sum hides it. */
export function namedByAggregator(roster: readonly RosterEntry[]): EnrolledParty[] {
  return roster.map(({ id: _, ...party }) => ({ ...party, dataName: new Uint8Array(0) }));
}

/** What a step reads besides state and event. */
export interface PartyContext {
  readonly crypto: CryptoSuite;
  readonly config: PartyConfig;
  /** Ed25519 public key of `config.identitySecret`. */
  readonly publicKey: Uint8Array;
}

/** What can happen to a party. */
export type PartyEvent =
  /** A Setup message, with the parties whose certificates hold, and what the admin decides now: what the party was made with where nobody says. */
  | {
      readonly type: "open";
      readonly message: Uint8Array;
      readonly enrolled: readonly EnrolledParty[];
      readonly policy?: OpeningPolicy;
    }
  /** An open round is to start: who is in it as certificates hold now, and what the admin decides now. Refused where it would not be opened so. */
  | {
      readonly type: "judge";
      readonly setupDigest: Uint8Array;
      readonly enrolled: readonly EnrolledParty[];
      readonly policy?: OpeningPolicy;
    }
  /** The aggregator closed a round without a result. */
  | { readonly type: "forget"; readonly setupDigest: Uint8Array }
  /** Any other message of the aggregator. */
  | { readonly type: "receive"; readonly message: Uint8Array }
  /** The packed integers of a segment are ready; `plainSha256` is their digest before any mask. */
  | {
      readonly type: "inputReady";
      readonly planDigest: Uint8Array;
      readonly segment: number;
      readonly plainSha256: Uint8Array;
    }
  /** The aggregator acknowledged every byte of a masked segment. */
  | {
      readonly type: "inputStored";
      readonly planDigest: Uint8Array;
      readonly segment: number;
      readonly sha256: Uint8Array;
      readonly sizeBytes: number;
    }
  /** The sidecar restarted with this state, or lost its connection: say again what is open. */
  | { readonly type: "resume" };

/** How a segment ended for this party. */
export const SegmentOutcome = {
  /** The sum holds this party's input: error feedback may forget what was sent. */
  Included: "Included",
  /** The sum was opened without this party. */
  Excluded: "Excluded",
  /** No sum was opened. */
  Empty: "Empty",
} as const;
/** One of the values of {@link SegmentOutcome}. */
export type SegmentOutcome = (typeof SegmentOutcome)[keyof typeof SegmentOutcome];

/** What a party's caller does, in the order given: an effect starts when those before it are done. */
export type PartyEffect =
  /** Make the encoded state durable before anything after this leaves. */
  | { readonly type: "persist" }
  /** Send bytes to the aggregator; sending them twice is harmless. */
  | { readonly type: "send"; readonly message: Uint8Array }
  /** The plan is bound: training may start from this model. */
  | {
      readonly type: "planAccepted";
      readonly planDigest: Uint8Array;
      readonly setup: RoundSetup;
      readonly plan: RoundPlan;
    }
  /** Plan and shares are here: `inputReady` events of this plan are welcome. */
  | { readonly type: "maskingReady"; readonly planDigest: Uint8Array }
  /** Mask a segment with `keys` (none without masks) and upload it, `sizeBytes` in all. */
  | {
      readonly type: "upload";
      readonly planDigest: Uint8Array;
      readonly segment: number;
      readonly keys: readonly MaskKey[];
      readonly sizeBytes: number;
    }
  /** A holder's sealed shares of `sender` do not open: report it, the round goes on. */
  | { readonly type: "shareUnreadable"; readonly sender: number }
  /** Too many announced sums wait for their result: this party's shares of that one are gone. */
  | { readonly type: "sumLost"; readonly round: number; readonly attempt: number }
  /** Nothing was done: raise an event and count it. */
  | { readonly type: "refused"; readonly refusal: Refusal }
  /** The round ended and its secrets are gone from the state. */
  | {
      readonly type: "closed";
      readonly planDigest: Uint8Array;
      readonly segments: readonly { readonly segment: number; readonly outcome: SegmentOutcome }[];
    };

/** A new state and what to do about it. */
export interface PartyStep {
  readonly state: PartyState;
  readonly effects: readonly PartyEffect[];
}
