import { bitmapOf } from "../bitmap.ts";
import { equalBytes } from "../bytes.ts";
import type { MaskedInputMessage } from "../messages.ts";
import { type Refusal, RefusalReason, refusal } from "../refusals.ts";
import { bitmapOfParties, checkPresence, entriesOf, entryOf, isMasked, partiesOf } from "../roster.ts";
import { segmentSizeBytes } from "../setup.ts";
import { inputTranscript } from "../transcripts.ts";
import {
  type AggregatorState,
  isCollected,
  type Payload,
  type PlannedState,
  SegmentStage,
  segmentIndex,
  withSegment,
} from "./aggregator-state.ts";
import { chain, refuse, refuseSegment } from "./aggregator-steps.ts";
import type { AggregatorContext, AggregatorEffect, AggregatorEvent, AggregatorStep } from "./aggregator-types.ts";
import { graphOf } from "./collect-keys.ts";

type Stored = Extract<AggregatorEvent, { readonly type: "stored" }>;

/** Step 3: a party says which bytes its segment is. */
export function receiveInput(
  context: AggregatorContext,
  state: PlannedState,
  message: MaskedInputMessage,
): AggregatorStep {
  const { party, segment, sha256, sizeBytes } = message;
  const key = entryOf(state.setup, party)!.publicKey;
  if (!context.crypto.verifyEd25519(key, inputTranscript(message), message.signature)) {
    return refuse(
      state,
      party,
      refusal(RefusalReason.SignatureInvalid, `segment ${segment} is not signed by party ${party}`),
    );
  }
  return note(context, state, party, segment, "reported", { sha256, sizeBytes });
}

/** Step 3: all bytes of a party's segment are staged. */
export function noteStored(context: AggregatorContext, state: AggregatorState, event: Stored): AggregatorStep {
  return note(context, state, event.party, event.segment, "stored", {
    sha256: event.sha256,
    sizeBytes: event.sizeBytes,
  });
}

function note(
  context: AggregatorContext,
  state: AggregatorState,
  party: number,
  segment: number,
  side: "stored" | "reported",
  payload: Payload,
): AggregatorStep {
  const index = segmentIndex(state, segment);
  if (index === -1) return refuseSegment(state, party, segment);
  const current = state.segments[index]!;
  const known = current[side].get(party);
  const isRepeated = known !== undefined && equalBytes(known.sha256, payload.sha256);
  if (isRepeated || isSurvivor(state, index, party)) return { state, effects: [] };
  const wrong = checkPayload(state, party, index, payload);
  if (wrong !== null) return discard(state, party, index, wrong);
  const other = known ?? current[side === "stored" ? "reported" : "stored"].get(party);
  if (other !== undefined && !equalBytes(other.sha256, payload.sha256)) {
    const detail = `segment ${segment}: party ${party} has two kinds of bytes for it`;
    return discard(state, party, index, refusal(RefusalReason.PayloadMismatch, detail));
  }
  const next = withSegment(state, index, { [side]: new Map(current[side]).set(party, payload) });
  const isComplete = completeParties(next, index).length === partiesOf(next.setup, next.senders!).length;
  return isComplete ? closeCollecting(context, next, index) : { state: next, effects: [] };
}

/**
 * Fixes the survivors of a segment (U3) to the parties whose bytes are staged and signed, and asks for their sum.
 *
 * Fewer than `minSurvivors` parties or `minOrganisations`, or a party whose holders are too few, leave the segment empty: nothing was
 * announced, nothing is spent.
 */
export function closeCollecting(context: AggregatorContext, state: AggregatorState, index: number): AggregatorStep {
  const segment = state.setup.segments[index]!.id;
  if (state.segments[index]!.stage !== SegmentStage.Collecting || state.senders === null) return { state, effects: [] };
  const parties = completeParties(state, index);
  const survivors = bitmapOfParties(state.setup, parties);
  const few =
    checkPresence(state.setup, entriesOf(state.setup, survivors), RefusalReason.TooFewSurvivors) ??
    checkHolders(context, state, parties);
  if (few !== null) {
    const next = withSegment(state, index, { stage: SegmentStage.Empty });
    return { state: next, effects: [{ type: "emptied", segment, refusal: few }] };
  }
  const late = [...state.segments[index]!.stored.keys()].filter((party) => !parties.includes(party));
  const discards = late.map((party): AggregatorEffect => ({ type: "discard", segment, party }));
  const next = withSegment(state, index, { stage: SegmentStage.Summing, survivors });
  return { state: next, effects: [...discards, { type: "sum", segment, parties }] };
}

/**
 * Staged bytes of some parties are not what they were. Nothing of a sum is announced before it is computed: its survivors are fixed anew
 * without these parties, as if they had not come in time, and what was announced before stays as it is.
 */
export function dropInputs(
  context: AggregatorContext,
  state: AggregatorState,
  parties: readonly number[],
): AggregatorStep {
  const start: AggregatorStep = { state, effects: [] };
  return state.segments.reduce(
    (step, _, index) => chain(step, (next) => dropInput(context, next, index, parties)),
    start,
  );
}

function dropInput(
  context: AggregatorContext,
  state: AggregatorState,
  index: number,
  parties: readonly number[],
): AggregatorStep {
  const current = state.segments[index]!;
  const isSumming = current.stage === SegmentStage.Summing;
  const lost = parties.filter((party) => (isSumming ? isSurvivor(state, index, party) : current.stored.has(party)));
  if (isCollected(current) || lost.length === 0) return { state, effects: [] };
  const segment = state.setup.segments[index]!.id;
  const open = withSegment(state, index, { stage: SegmentStage.Collecting, survivors: null });
  const dropped = {
    state: lost.reduce((next, party) => withoutPayload(next, party, index), open),
    effects: lost.map((party): AggregatorEffect => ({ type: "discard", segment, party })),
  };
  return isSumming ? chain(dropped, (next) => closeCollecting(context, next, index)) : dropped;
}

/** Each party of U2 needs `threshold` survivors among its holders, or its secret could not be rebuilt. */
function checkHolders(
  context: AggregatorContext,
  state: AggregatorState,
  survivors: readonly number[],
): Refusal | null {
  if (!isMasked(state.setup)) return null;
  const graph = graphOf(context, state);
  const alive = new Set(survivors);
  for (const owner of partiesOf(state.setup, state.senders ?? bitmapOf([], 0))) {
    const holders = graph.signersOf(owner).filter((holder) => alive.has(holder)).length;
    if (holders >= state.setup.threshold) continue;
    const detail = `${holders} surviving holders of party ${owner}, must be at least ${state.setup.threshold}`;
    return refusal(RefusalReason.TooFewSurvivors, detail);
  }
  return null;
}

function checkPayload(state: AggregatorState, party: number, index: number, payload: Payload): Refusal | null {
  const segment = state.setup.segments[index]!;
  if (state.senders === null || !partiesOf(state.setup, state.senders).includes(party)) {
    return refusal(
      RefusalReason.UnknownParty,
      `segment ${segment.id}: the shares of party ${party} were not delivered`,
    );
  }
  if (state.segments[index]!.stage !== SegmentStage.Collecting) {
    return refusal(RefusalReason.StageClosed, `segment ${segment.id}: survivors are fixed`);
  }
  const want = segmentSizeBytes(segment);
  if (payload.sizeBytes === want) return null;
  return refusal(RefusalReason.PayloadMismatch, `segment ${segment.id}: ${payload.sizeBytes} bytes, must be ${want}`);
}

/** Two different uploads under one keystream leak their difference: neither counts. */
function withoutPayload(state: AggregatorState, party: number, index: number): AggregatorState {
  const without = (map: ReadonlyMap<number, Payload>) => new Map([...map].filter(([id]) => id !== party));
  const { stage, stored, reported } = state.segments[index]!;
  const isKnown = stored.has(party) || reported.has(party);
  if (stage !== SegmentStage.Collecting || !isKnown) return state;
  return withSegment(state, index, { stored: without(stored), reported: without(reported) });
}

function completeParties(state: AggregatorState, index: number): number[] {
  const { stored, reported } = state.segments[index]!;
  return state.setup.roster.map((entry) => entry.id).filter((id) => stored.has(id) && reported.has(id));
}

/** True when the segment's sum holds the party already: whatever it uploads after a restart changes nothing. */
function isSurvivor(state: AggregatorState, index: number, party: number): boolean {
  const { survivors } = state.segments[index]!;
  return survivors !== null && partiesOf(state.setup, survivors).includes(party);
}

/** Refuses a payload and drops its staged bytes, also from the state: a sum must never ask for bytes that are gone. */
function discard(state: AggregatorState, party: number, index: number, found: Refusal): AggregatorStep {
  const segment = state.setup.segments[index]!.id;
  return {
    state: withoutPayload(state, party, index),
    effects: [
      { type: "discard", segment, party },
      { type: "refused", party, refusal: found },
    ],
  };
}
