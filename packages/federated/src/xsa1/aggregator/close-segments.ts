import { encodeMessage } from "../encode-message.ts";
import { MessageType, type SegmentResult } from "../messages.ts";
import { isMasked } from "../roster.ts";
import type { RoundSetup } from "../setup.ts";
import { resultTranscript } from "../transcripts.ts";
import {
  type AggregatorState,
  isCollected,
  type PlannedState,
  RoundStage,
  SegmentStage,
  type SegmentState,
  segmentIndex,
  withSegment,
} from "./aggregator-state.ts";
import type { AggregatorContext, AggregatorEffect, AggregatorEvent, AggregatorStep } from "./aggregator-types.ts";

type Removed = Extract<AggregatorEvent, { readonly type: "removed" }>;

/** The masks of a segment are out. After the last segment: commit. */
export function noteRemoved(state: PlannedState, event: Removed): AggregatorStep {
  const index = segmentIndex(state, event.segment);
  if (state.segments[index]?.stage !== SegmentStage.Removing) return { state, effects: [] };
  return commitWhenDone(withSegment(state, index, { stage: SegmentStage.Opened, sumSha256: event.sumSha256 }));
}

/** Asks for the commit when every segment has ended one way or the other; whoever comes after it can still say what it held. */
export function commitWhenDone<S extends AggregatorState>(state: S): AggregatorStep {
  if (!state.segments.every(hasEnded)) return { state, effects: [] };
  const commit: AggregatorEffect = { type: "commit", results: resultsOf(state) };
  return { state, effects: isKnownAfterRestart(state) ? [commit] : [{ type: "persist", segments: [] }, commit] };
}

/** Ends every segment that is not opened without a sum. */
export function abandonSegments(state: AggregatorState): AggregatorStep {
  const segments = state.segments.map((segment) =>
    segment.stage === SegmentStage.Opened ? segment : { ...segment, stage: SegmentStage.Empty },
  );
  return commitWhenDone({ ...state, segments });
}

/**
 * Step 6: the commit is durable; tells the parties, who then forget the round's secrets.
 *
 * What is told is what was committed, also by an aggregator that restarted since: a state that does not say it tells nothing, since a
 * party that was told of no sum would count its error feedback twice.
 */
export function announceResult(context: AggregatorContext, state: PlannedState): AggregatorStep {
  const segments = state.segments.map((segment) => asCommitted(state.setup, segment));
  if (!segments.every(hasEnded)) return { state, effects: [] };
  const next = { ...state, stage: RoundStage.Committed, segments };
  return { state: next, effects: [resultMessage(context, next)] };
}

function hasEnded({ stage }: SegmentState): boolean {
  return stage === SegmentStage.Opened || stage === SegmentStage.Empty;
}

/**
 * Whether the state that is durable since the last announcement tells the results: {@link asCommitted} reads them from it. Not so of
 * what was given up since, nor of masked sums, whose opened bytes have another digest.
 */
function isKnownAfterRestart({ setup, segments }: AggregatorState): boolean {
  return !isMasked(setup) && segments.every(({ stage }) => stage === SegmentStage.Opened);
}

/** A segment of a committed round: without masks what was announced is what was opened. */
function asCommitted(setup: RoundSetup, segment: SegmentState): SegmentState {
  if (isMasked(setup) || hasEnded(segment) || !isCollected(segment)) return segment;
  return { ...segment, stage: SegmentStage.Opened };
}

/** The signed result of a committed round, for everybody or for one party. */
export function resultMessage(
  { crypto, signingSecret }: AggregatorContext,
  state: PlannedState,
  to: number | "all" = "all",
): AggregatorEffect {
  const segments = resultsOf(state);
  const signature = crypto.signEd25519(signingSecret, resultTranscript(state.plan.digest, segments));
  const message = encodeMessage({ type: MessageType.Result, planDigest: state.plan.digest, segments, signature });
  return { type: "send", to, message };
}

function resultsOf(state: AggregatorState): SegmentResult[] {
  return state.segments.map(({ stage, survivors, sumSha256 }, index) => ({
    segment: state.setup.segments[index]!.id,
    opened: stage === SegmentStage.Opened ? { bitmap: survivors!, sumSha256: sumSha256! } : null,
  }));
}
