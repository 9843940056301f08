import { hasRank } from "../bitmap.ts";
import { equalBytes } from "../bytes.ts";
import { encodeMessage } from "../encode-message.ts";
import { MessageType, type ShareBundleMessage } from "../messages.ts";
import { type Refusal, RefusalReason, refusal } from "../refusals.ts";
import { bitmapOfParties, checkPresence, entriesOf, entryOf, isMasked, rankOf } from "../roster.ts";
import { bundleTranscript } from "../transcripts.ts";
import { type AggregatorState, type Bundle, RoundStage } from "./aggregator-state.ts";
import { fail, refuse } from "./aggregator-steps.ts";
import type { AggregatorContext, AggregatorEffect, AggregatorStep } from "./aggregator-types.ts";
import { graphOf } from "./collect-keys.ts";

/** Step 2: takes a party's sealed shares. The stage ends when every member of the key list has sent them. */
export function receiveBundle(
  context: AggregatorContext,
  state: AggregatorState,
  message: ShareBundleMessage,
): AggregatorStep {
  const { party } = message;
  if (state.keys === null || !state.keys.members.includes(party)) {
    return refuse(state, party, refusal(RefusalReason.UnknownParty, "shares of a party that is not in the key list"));
  }
  const bundle: Bundle = {
    commitments: message.commitments,
    sealed: new Map(message.sealed.map((entry) => [entry.party, entry.bytes])),
  };
  const known = state.bundles.get(party);
  if (known !== undefined) return repeatBundle(state, party, known, bundle);
  if (state.stage !== RoundStage.Sharing)
    return refuse(state, party, refusal(RefusalReason.StageClosed, "shares came late"));
  const wrong = checkBundle(context, state, message, bundle);
  if (wrong !== null) return refuse(state, party, wrong);
  const next = { ...state, bundles: new Map(state.bundles).set(party, bundle) };
  return next.bundles.size === state.keys.members.length ? closeSharing(next) : { state: next, effects: [] };
}

/** Ends the stage with those who sent shares (U2) and delivers to each what was sealed for it. */
export function closeSharing(state: AggregatorState): AggregatorStep {
  const senders = bitmapOfParties(state.setup, state.bundles.keys());
  const few = checkPresence(state.setup, entriesOf(state.setup, senders), RefusalReason.TooFewParties);
  if (few !== null) return fail(state, few);
  const next = { ...state, stage: RoundStage.Collecting, senders };
  const parties = entriesOf(state.setup, senders).map((entry) => entry.id);
  return { state: next, effects: parties.flatMap((party) => deliveryFor(next, party)) };
}

/** The delivery of shares to one party; none after a restart from the durable point, which holds no sealed shares. */
export function deliveryFor(state: AggregatorState, party: number): AggregatorEffect[] {
  const { setup, setupDigest, senders, bundles } = state;
  if (senders === null || !hasRank(senders, rankOf(setup, party)) || isWithoutShares(state)) return [];
  const sealed = entriesOf(setup, senders).flatMap(({ id }) => {
    const bytes = bundles.get(id)?.sealed.get(party);
    return bytes === undefined ? [] : [{ party: id, bytes }];
  });
  const message = encodeMessage({ type: MessageType.ShareDelivery, setupDigest, senders, sealed });
  return [{ type: "send", to: party, message }];
}

function isWithoutShares({ setup, bundles }: AggregatorState): boolean {
  return isMasked(setup) && [...bundles.values()].every((bundle) => bundle.sealed.size === 0);
}

function repeatBundle(state: AggregatorState, party: number, known: Bundle, bundle: Bundle): AggregatorStep {
  if (equalBytes(known.commitments, bundle.commitments)) return { state, effects: [] };
  return refuse(state, party, refusal(RefusalReason.MessageChanged, "other shares than before"));
}

function checkBundle(
  context: AggregatorContext,
  state: AggregatorState,
  message: ShareBundleMessage,
  bundle: Bundle,
): Refusal | null {
  const { crypto } = context;
  const { setup } = state;
  const { signature, ...unsigned } = message;
  const entry = entryOf(setup, message.party)!;
  if (!crypto.verifyEd25519(entry.publicKey, bundleTranscript(crypto, state.keys!.digest, unsigned), signature)) {
    return refusal(
      RefusalReason.SignatureInvalid,
      `the shares of party ${message.party} are not signed by it for this key list`,
    );
  }
  const holders = isMasked(setup) ? graphOf(context, state).neighboursOf(message.party) : [];
  const commitmentBytes = isMasked(setup) ? 32 * setup.segments.length : 0;
  const isComplete =
    bundle.commitments.length === commitmentBytes &&
    bundle.sealed.size === holders.length &&
    holders.every((holder) => bundle.sealed.get(holder)?.length === 64 * setup.segments.length + 16);
  return isComplete
    ? null
    : refusal(RefusalReason.MalformedMessage, `the shares of party ${message.party} are not one for each holder`);
}
