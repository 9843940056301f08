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
  const awaited = partiesOf(next.setup, next.senders!).length;
  const isComplete = closedTogether(next, index).every((place) => completeParties(next, place).length === awaited);
  return isComplete ? closeCollecting(context, next, index) : { state: next, effects: [] };
}

/**
 * The segments whose survivors are fixed together with those of one: under masks all that are open, since a party signs one set of survivors
 * for the whole report, and a round of which a segment is empty must announce nothing of the others.
 */
function closedTogether(state: AggregatorState, index: number): number[] {
  if (!isMasked(state.setup)) return [index];
  return state.segments.flatMap(({ stage }, place) => (stage === SegmentStage.Collecting ? [place] : []));
}

/**
 * Fixes the survivors of a segment (U3) to the parties whose bytes are staged and signed, and asks for their sum; under masks those of all
 * segments, to the parties whose bytes are staged and signed in every one.
 *
 * Fewer than `minSurvivors` parties or `minOrganisations`, or a party whose holders are too few, leave the segment empty: nothing was
 * announced, nothing is spent.
 */
export function closeCollecting(context: AggregatorContext, state: AggregatorState, index: number): AggregatorStep {
  if (state.segments[index]!.stage !== SegmentStage.Collecting || state.senders === null) return { state, effects: [] };
  const together = closedTogether(state, index);
  const parties = together
    .map((place) => completeParties(state, place))
    .reduce((common, complete) => common.filter((party) => complete.includes(party)));
  const survivors = bitmapOfParties(state.setup, parties);
  const few =
    checkPresence(state.setup, entriesOf(state.setup, survivors), RefusalReason.TooFewSurvivors) ??
    checkHolders(context, state, parties) ??
    checkAnnounced(state, survivors);
  const start: AggregatorStep = { state, effects: [] };
  const close = few === null ? sumOf(parties, survivors) : emptiedBy(few);
  return together.reduce((step, place) => chain(step, (next) => close(next, place)), start);
}

function emptiedBy(few: Refusal) {
  return (state: AggregatorState, index: number): AggregatorStep => {
    const segment = state.setup.segments[index]!.id;
    const next = withSegment(state, index, { stage: SegmentStage.Empty });
    return { state: next, effects: [{ type: "emptied", segment, refusal: few }] };
  };
}

function sumOf(parties: readonly number[], survivors: Uint8Array) {
  return (state: AggregatorState, index: number): AggregatorStep => {
    const segment = state.setup.segments[index]!.id;
    const late = [...state.segments[index]!.stored.keys()].filter((party) => !parties.includes(party));
    const discards = late.map((party): AggregatorEffect => ({ type: "discard", segment, party }));
    const next = withSegment(state, index, { stage: SegmentStage.Summing, survivors });
    return { state: next, effects: [...discards, { type: "sum", segment, parties }] };
  };
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
  const held = state.segments.map((_, index) => holdsAny(state, index, parties));
  // Under masks one set of survivors is that of the whole report.
  const isMeant = (index: number) => (isMasked(state.setup) ? held.includes(true) : held[index]!);
  const reopened = state.segments.flatMap(({ stage }, index) =>
    stage === SegmentStage.Summing && isMeant(index) ? [index] : [],
  );
  const start: AggregatorStep = { state, effects: [] };
  const dropped = state.segments.reduce(
    (step, _, index) => chain(step, (next) => dropInput(next, index, parties, reopened.includes(index))),
    start,
  );
  return reopened.reduce((step, index) => chain(step, (next) => closeCollecting(context, next, index)), dropped);
}

/** Whether a sum that is not announced holds, or would hold, bytes of one of these parties. */
function holdsAny(state: AggregatorState, index: number, parties: readonly number[]): boolean {
  const current = state.segments[index]!;
  if (isCollected(current)) return false;
  const isSumming = current.stage === SegmentStage.Summing;
  return parties.some((party) => (isSumming ? isSurvivor(state, index, party) : current.stored.has(party)));
}

function dropInput(
  state: AggregatorState,
  index: number,
  parties: readonly number[],
  isReopened: boolean,
): AggregatorStep {
  const current = state.segments[index]!;
  if (isCollected(current) || (current.stage === SegmentStage.Summing && !isReopened)) return { state, effects: [] };
  const lost = parties.filter((party) => current.stored.has(party));
  const segment = state.setup.segments[index]!.id;
  const open = isReopened ? withSegment(state, index, { stage: SegmentStage.Collecting, survivors: null }) : state;
  return {
    state: lost.reduce((next, party) => withoutPayload(next, party, index), open),
    effects: lost.map((party): AggregatorEffect => ({ type: "discard", segment, party })),
  };
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

/** A party signs no second set of survivors in a round: what is announced of one segment holds for those that come after it. */
function checkAnnounced({ setup, segments }: AggregatorState, survivors: Uint8Array): Refusal | null {
  if (!isMasked(setup)) return null;
  const other = segments.find(
    (segment) => isCollected(segment) && !equalBytes(segment.survivors ?? survivors, survivors),
  );
  if (other === undefined) return null;
  return refusal(RefusalReason.TooFewSurvivors, "other survivors are announced of another segment of the report");
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
