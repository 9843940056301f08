import { encodeMessage } from "../encode-message.ts";
import { MessageType, type SegmentResult } from "../messages.ts";
import { resultTranscript } from "../transcripts.ts";
import {
  type AggregatorState,
  type PlannedState,
  RoundStage,
  SegmentStage,
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

/** Asks for the commit when every segment has ended one way or the other. */
export function commitWhenDone<S extends AggregatorState>(state: S): AggregatorStep {
  const isDone = state.segments.every(({ stage }) => stage === SegmentStage.Opened || stage === SegmentStage.Empty);
  return { state, effects: isDone ? [{ type: "commit", results: resultsOf(state) }] : [] };
}

/** Ends every segment that is not opened without a sum. */
export function abandonSegments(state: AggregatorState): AggregatorStep {
  const segments = state.segments.map((segment) =>
    segment.stage === SegmentStage.Opened ? segment : { ...segment, stage: SegmentStage.Empty },
  );
  return commitWhenDone({ ...state, segments });
}

/** Step 6: the commit is durable; tells the parties, who then forget the round's secrets. */
export function announceResult(context: AggregatorContext, state: PlannedState): AggregatorStep {
  const next = { ...state, stage: RoundStage.Committed };
  return { state: next, effects: [resultMessage(context, next)] };
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
