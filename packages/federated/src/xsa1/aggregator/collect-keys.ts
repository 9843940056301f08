import { equalBytes } from "../bytes.ts";
import { checkAdvertisedKeys } from "../check-advertise.ts";
import { encodeMessage } from "../encode-message.ts";
import { keysDigest, type MaskGraph, maskGraph } from "../mask-graph.ts";
import { type AdvertiseMessage, type KeyListMessage, MessageType } from "../messages.ts";
import { RefusalReason, refusal } from "../refusals.ts";
import { bitmapOfParties, checkPresence, entriesOf, entryOf, isMasked } from "../roster.ts";
import { type AggregatorState, RoundStage } from "./aggregator-state.ts";
import { fail, refuse } from "./aggregator-steps.ts";
import type { AggregatorContext, AggregatorEffect, AggregatorStep } from "./aggregator-types.ts";

/** Step 1: takes a party's keys; the same again changes nothing, others are refused. The stage ends when all are here. */
export function receiveAdvertise(
  context: AggregatorContext,
  state: AggregatorState,
  message: AdvertiseMessage,
  bytes: Uint8Array,
): AggregatorStep {
  const { party } = message;
  const known = state.advertised.get(party);
  if (known !== undefined && equalBytes(known, bytes)) return { state, effects: [] };
  if (known !== undefined) return refuse(state, party, refusal(RefusalReason.MessageChanged, "other keys than before"));
  if (state.stage !== RoundStage.Advertising)
    return refuse(state, party, refusal(RefusalReason.StageClosed, "keys came late"));
  const entry = entryOf(state.setup, party)!;
  const wrong = checkAdvertisedKeys(context.crypto, state.setup, state.setupDigest, entry, message);
  if (wrong !== null) return refuse(state, party, wrong);
  const next = { ...state, advertised: new Map(state.advertised).set(party, bytes) };
  return next.advertised.size === state.setup.roster.length
    ? closeAdvertising(context, next)
    : { state: next, effects: [] };
}

/** Ends the stage with those who advertised (U1) and sends each its key list. */
export function closeAdvertising(context: AggregatorContext, state: AggregatorState): AggregatorStep {
  const parties = state.setup.roster.map((entry) => entry.id).filter((id) => state.advertised.has(id));
  const present = entriesOf(state.setup, bitmapOfParties(state.setup, parties));
  const few = checkPresence(state.setup, present, RefusalReason.TooFewParties);
  if (few !== null) return fail(state, few);
  const digest = keysDigest(context.crypto, state.setupDigest, memberDigests(context, state, parties));
  const next = { ...state, stage: RoundStage.Sharing, keys: { digest, members: parties } };
  return { state: next, effects: keyListsFor(context, next, parties) };
}

/** The key list for each of these parties: everybody's digest, and the keys of its neighbours and its own. */
export function keyListsFor(
  context: AggregatorContext,
  state: AggregatorState,
  parties: readonly number[],
): AggregatorEffect[] {
  // What all lists have alike is made once: a round of n parties would take n squared digests in one step otherwise.
  const members = memberDigests(context, state, state.keys!.members);
  const graph = isMasked(state.setup) ? graphOf(context, state) : undefined;
  return parties.map((party) => {
    const wanted = graph?.holdersOf(party) ?? [party];
    const message: KeyListMessage = {
      type: MessageType.KeyList,
      setupDigest: state.setupDigest,
      members,
      advertised: wanted.map((member) => state.advertised.get(member)!),
    };
    return { type: "send", to: party, message: encodeMessage(message) };
  });
}

/** The mask graph of the round; the key list must be fixed. */
export function graphOf({ crypto }: AggregatorContext, { setup, keys }: AggregatorState): MaskGraph {
  return maskGraph(crypto, keys!.members, isMasked(setup) ? setup.neighbours : 0, keys!.digest);
}

function memberDigests({ crypto }: AggregatorContext, state: AggregatorState, parties: readonly number[]) {
  return parties.map((party) => ({ party, sha256: crypto.sha256(state.advertised.get(party)!) }));
}
