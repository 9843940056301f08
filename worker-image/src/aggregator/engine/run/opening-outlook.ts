import { type AggregatorState, isMasked, ranksOf, SegmentStage, type SegmentState } from "@tributary/federated";

/** What a party's trouble means for an attempt that it is in. */
export const PartyLoss = {
  /** It reports no more; what it holds of the others is still there. */
  Silent: "Silent",
  /** It takes no further part of its own will: what it has not signed it does not sign. */
  Refuses: "Refuses",
  /** Another worker has its seat, and the secrets of the attempt are gone with it. */
  Gone: "Gone",
} as const;
/** One of {@link PartyLoss}. */
export type PartyLoss = (typeof PartyLoss)[keyof typeof PartyLoss];

/** Parties whose shares exist: only they can sign and answer. All of the roster before that is known. */
export function holdersOf({ setup, senders }: AggregatorState): number[] {
  const ids = setup.roster.map(({ id }) => id);
  return senders == null ? ids : ranksOf(senders).map((rank) => ids[rank]!);
}

/** Whether survivors of a segment are announced and its sum is not open yet. */
export function isOpening({ stage }: SegmentState): boolean {
  return stage === SegmentStage.Signing || stage === SegmentStage.Unmasking;
}

/** Holders whose word an announced sum still waits for, in one segment or another. */
export function awaitedHolders(state: AggregatorState): number[] {
  const opening = state.segments.filter(isOpening);
  return holdersOf(state).filter((party) => opening.some((segment) => !hasSpoken(segment, party)));
}

/** How many holders' words a segment lacks at least until its sum opens, or its signatures are there; 0 when none is opening. */
export function lackingHolders(state: AggregatorState): number {
  const lacking = state.segments.filter(isOpening).map(({ stage, signatures, answers }) => {
    const given = stage === SegmentStage.Signing ? signatures : answers;
    return Math.max(0, state.setup.threshold - given.size);
  });
  return Math.max(0, ...lacking);
}

/**
 * Parties of the masked sum that an attempt announced, which some of them may have signed: on the same start only a sum of the same parties
 * may stand beside it. `undefined` where nothing was announced, and where every holder has said that it does not sign.
 */
export function spentParties(state: AggregatorState, refused: ReadonlySet<number>): readonly number[] | undefined {
  const isSigned = state.segments.some(({ signatures }) => signatures.size > 0);
  if (!isSigned && holdersOf(state).every((party) => refused.has(party))) return undefined;
  return announcedParties(state);
}

/** Parties of the masked sum that a state announces; `undefined` where it announces none. */
export function announcedParties({ setup, segments }: AggregatorState): readonly number[] | undefined {
  const announced = segments.find(({ survivors }) => survivors !== null);
  if (!isMasked(setup) || announced === undefined) return undefined;
  return ranksOf(announced.survivors!).map((rank) => setup.roster[rank]!.id);
}

function hasSpoken({ stage, signatures, answers }: SegmentState, party: number): boolean {
  return (stage === SegmentStage.Signing ? signatures : answers).has(party);
}
