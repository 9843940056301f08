import { equalBytes } from "../bytes.ts";
import type { RoundPlan } from "../plan.ts";
import type { RoundSetup } from "../setup.ts";
import { emptyHistory, type SumHistory } from "./sum-history.ts";

/** The public keys of a member of the key list, as it advertised them. */
export interface PeerKeys {
  readonly shareKey: Uint8Array;
  /** 32 bytes for each segment. */
  readonly maskKeys: Uint8Array;
}

/** A key list this party accepted. */
export interface AcceptedKeys {
  /** Fixes the graph, binds the shares. */
  readonly digest: Uint8Array;
  /** U1: party ids, ascending. */
  readonly members: readonly number[];
  /** Keys of this party's neighbours. */
  readonly peers: ReadonlyMap<number, PeerKeys>;
}

/** A delivery of shares this party accepted. */
export interface AcceptedShares {
  /** U2 over the roster. */
  readonly senders: Uint8Array;
  /** Sealed shares by the party that made them. */
  readonly sealed: ReadonlyMap<number, Uint8Array>;
}

/** How far a segment has come in a round. */
export interface SegmentProgress {
  /** Digest of the packed integers, recorded before the first masked byte leaves. */
  readonly plainSha256: Uint8Array | null;
  /** What was uploaded. */
  readonly stored: { readonly sha256: Uint8Array; readonly sizeBytes: number } | null;
  /** The one survivor bitmap signed in this round: the lock on the kind of each share. */
  readonly bitmap: Uint8Array | null;
}

/** One open round of a party. */
export interface PartyRound {
  readonly setup: RoundSetup;
  readonly setupDigest: Uint8Array;
  /** This party's id in the round. */
  readonly party: number;
  /** Data names of the parties in the roster's order; none without masks. */
  readonly dataNames: readonly Uint8Array[];
  /** 32 random bytes from which every secret of the round is derived. */
  readonly seed: Uint8Array;
  readonly keys: AcceptedKeys | null;
  readonly shares: AcceptedShares | null;
  readonly plan: { readonly plan: RoundPlan; readonly digest: Uint8Array } | null;
  /** In the order of the setup's segments. */
  readonly progress: readonly SegmentProgress[];
}

/** Everything a party remembers. Holds secrets: keep it in memory-backed storage that dies with the pod. */
export interface PartyState {
  readonly history: SumHistory;
  /** Oldest first: at most one without a plan, the one that was started last, and parked ones. */
  readonly rounds: readonly PartyRound[];
}

/** The state of a party that has seen nothing. */
export function emptyPartyState(): PartyState {
  return { history: emptyHistory(), rounds: [] };
}

/** The state with one round replaced by a newer version of itself. */
export function withRound(state: PartyState, round: PartyRound): PartyState {
  const rounds = state.rounds.map((open) => (equalBytes(open.setupDigest, round.setupDigest) ? round : open));
  return { ...state, rounds };
}

/** The state without a round: its secrets are forgotten. */
export function withoutRound(state: PartyState, round: PartyRound): PartyState {
  return { ...state, rounds: state.rounds.filter((open) => !equalBytes(open.setupDigest, round.setupDigest)) };
}

/** The open round with this setup digest. */
export function roundOfSetup(state: PartyState, digest: Uint8Array): PartyRound | undefined {
  return state.rounds.find((round) => equalBytes(round.setupDigest, digest));
}

/** An open round whose plan is known. */
export type PlannedRound = PartyRound & { readonly plan: NonNullable<PartyRound["plan"]> };

/** The open round with this plan digest. */
export function roundOfPlan(state: PartyState, digest: Uint8Array): PlannedRound | undefined {
  const isPlanned = (round: PartyRound): round is PlannedRound =>
    round.plan !== null && equalBytes(round.plan.digest, digest);
  return state.rounds.find(isPlanned);
}

/** The round with the progress of one segment changed. */
export function withProgress<R extends PartyRound>(round: R, index: number, change: Partial<SegmentProgress>): R {
  const progress = round.progress.map((entry, at) => (at === index ? { ...entry, ...change } : entry));
  return { ...round, progress };
}
