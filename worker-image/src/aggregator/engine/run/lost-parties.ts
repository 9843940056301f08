import { type AggregatorState, SegmentStage } from "@tributary/federated";
import { holdersOf } from "./opening-outlook.ts";

/**
 * Whether every announced sum can still be opened: signatures, then answers, of `threshold` parties are there or can still come.
 *
 * @param lost ids of parties whose secrets of the round are gone; a replaced worker cannot answer for the one before.
 */
export function canBeOpened(state: AggregatorState, lost: ReadonlySet<number>): boolean {
  const holders = holdersOf(state);
  return state.segments.every(({ stage, answers }) => {
    if (stage !== SegmentStage.Signing && stage !== SegmentStage.Unmasking) return true;
    // Whoever only signed must still answer.
    const hasAnswered = (party: number) => stage === SegmentStage.Unmasking && answers.has(party);
    return holders.filter((id) => !lost.has(id) || hasAnswered(id)).length >= state.setup.threshold;
  });
}

/** Whether collecting is over in every segment, so that only signatures and answers are waited for. */
export function isAnnounced({ segments }: AggregatorState): boolean {
  return segments.every(({ stage }) => stage !== SegmentStage.Collecting && stage !== SegmentStage.Summing);
}

/** Whether every segment has a sum that was announced, and none was given up. */
export function isSummed(state: AggregatorState): boolean {
  return isAnnounced(state) && state.segments.every(({ stage }) => stage !== SegmentStage.Empty);
}
