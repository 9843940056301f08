import { hasRank, isCanonicalBitmap, isSubset } from "../bitmap.ts";
import { equalBytes } from "../bytes.ts";
import type { ShareDeliveryMessage } from "../messages.ts";
import { type Refusal, RefusalReason, refusal } from "../refusals.ts";
import { bitmapOfParties, checkPresence, entriesOf, isMasked, rankOf } from "../roster.ts";
import { heldShares } from "./held-shares.ts";
import { graphOf, refuse, repeat } from "./party-round.ts";
import { type AcceptedKeys, type AcceptedShares, type PartyRound, type PartyState, withRound } from "./party-state.ts";
import type { PartyContext, PartyEffect, PartyStep } from "./party-types.ts";

/** Step 2: takes the shares it will hold; from here the masks of this round are fixed to the parties that delivered theirs. */
export function acceptShares(
  context: PartyContext,
  state: PartyState,
  round: PartyRound,
  delivery: ShareDeliveryMessage,
): PartyStep {
  if (round.keys === null) return refuse(state, refusal(RefusalReason.StageNotReached, "shares before the key list"));
  const shares = {
    senders: delivery.senders,
    sealed: new Map(delivery.sealed.map(({ party, bytes }) => [party, bytes])),
  };
  if (round.shares !== null) {
    return isSame(round.shares, shares)
      ? repeat(state, ...readyEffects(round))
      : refuse(state, refusal(RefusalReason.DeliveryChanged, "another delivery of shares for the same setup"));
  }
  const found = checkDelivery(context, round, round.keys, shares);
  if (found !== null) return refuse(state, found);
  const next: PartyRound = { ...round, shares };
  const unreadable = unreadableSenders(context, next, round.keys, shares).map(
    (sender): PartyEffect => ({ type: "shareUnreadable", sender }),
  );
  return { state: withRound(state, next), effects: [{ type: "persist" }, ...unreadable, ...readyEffects(next)] };
}

/** `maskingReady` when plan and shares are both here. */
export function readyEffects(round: PartyRound): PartyEffect[] {
  if (round.plan === null || round.shares === null) return [];
  return [{ type: "maskingReady", planDigest: round.plan.digest }];
}

function checkDelivery(
  context: PartyContext,
  round: PartyRound,
  keys: AcceptedKeys,
  shares: AcceptedShares,
): Refusal | null {
  const { setup, party } = round;
  const members = bitmapOfParties(setup, keys.members);
  if (!isCanonicalBitmap(shares.senders, setup.roster.length)) {
    return refusal(RefusalReason.MalformedMessage, "the bitmap of senders does not fit the roster");
  }
  if (!isSubset(shares.senders, members)) return refusal(RefusalReason.UnknownParty, "a sender did not advertise keys");
  if (!hasRank(shares.senders, rankOf(setup, party))) {
    return refusal(RefusalReason.OwnKeyMissing, "this party's own shares are said to be missing");
  }
  const few = checkPresence(setup, entriesOf(setup, shares.senders), RefusalReason.TooFewParties);
  if (few !== null || !isMasked(setup)) return few;
  const graph = graphOf(context, setup, keys);
  const present = (id: number) => hasRank(shares.senders, rankOf(setup, id));
  const holders = graph.signersOf(party).filter(present).length;
  if (holders < setup.threshold) {
    return refusal(
      RefusalReason.TooFewParties,
      `${holders} holders of own shares are left, threshold is ${setup.threshold}`,
    );
  }
  const expected = graph.neighboursOf(party).filter(present);
  const isExact = shares.sealed.size === expected.length && expected.every((id) => shares.sealed.has(id));
  return isExact
    ? null
    : refusal(RefusalReason.UnknownParty, "sealed shares are not those of the neighbours that sent some");
}

function unreadableSenders(
  context: PartyContext,
  round: PartyRound,
  keys: AcceptedKeys,
  shares: AcceptedShares,
): number[] {
  const held = heldShares(context, round, keys, shares);
  return [...shares.sealed.keys()].filter((sender) => held(sender) === null);
}

function isSame(a: AcceptedShares, b: AcceptedShares): boolean {
  const isSealedSame = [...a.sealed].every(([party, bytes]) =>
    equalBytes(bytes, b.sealed.get(party) ?? new Uint8Array(0)),
  );
  return equalBytes(a.senders, b.senders) && a.sealed.size === b.sealed.size && isSealedSame;
}
