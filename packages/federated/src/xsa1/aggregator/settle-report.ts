import { bitmapOf } from "../bitmap.ts";
import { equalBytes } from "../bytes.ts";
import { type Refusal, RefusalReason, refusal } from "../refusals.ts";
import { bitmapOfParties, checkPresence, entriesOf, isMasked, partiesOf } from "../roster.ts";
import { type AggregatorState, isCollected, SegmentStage, type SegmentState, withSegment } from "./aggregator-state.ts";
import { isPlanned } from "./aggregator-steps.ts";
import type { AggregatorContext, AggregatorEffect, AggregatorStep } from "./aggregator-types.ts";
import { commitWhenDone } from "./close-segments.ts";
import { graphOf } from "./collect-keys.ts";
import { announceSegments } from "./collect-signatures.ts";

/**
 * Under masks all segments of a report have one set of survivors, or members' gates would remember two sets of one section: nothing is
 * announced before every segment is summed, and then all of them, with the parties that are in each. Sums with more of them are made again;
 * a segment without a sum ends the others too, of which nothing was announced.
 */
export function settleReport(context: AggregatorContext, state: AggregatorState): AggregatorStep {
  const { segments } = state;
  const idle: AggregatorStep = { state, effects: [] };
  if (!isMasked(state.setup) || !isPlanned(state) || segments.some(isUnsettled)) return idle;
  const isEmpty = ({ stage }: SegmentState) => stage === SegmentStage.Empty;
  if (segments.every(isEmpty)) return idle;
  if (segments.some(isEmpty)) return endEmpty(state, undefined);
  if (segments.some(({ sumSha256 }) => sumSha256 === null)) return idle;
  const parties = commonParties(state);
  const survivors = bitmapOfParties(state.setup, parties);
  const others = indicesOf(state, (segment) => !equalBytes(segment.survivors!, survivors));
  if (others.length === 0)
    return announceSegments(
      state,
      indicesOf(state, () => true),
    );
  const few =
    checkPresence(state.setup, entriesOf(state.setup, survivors), RefusalReason.TooFewSurvivors) ??
    checkHolders(context, state, parties);
  if (few !== null) return endEmpty(state, few);
  let next: AggregatorState = state;
  for (const index of others) next = withSegment(next, index, { survivors, sumSha256: null });
  const sums = others.map((index): AggregatorEffect => ({ type: "sum", segment: idOf(state, index), parties }));
  return { state: next, effects: sums };
}

/** Each party of U2 needs `threshold` survivors among its holders, or its secret could not be rebuilt. */
export function checkHolders(
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

/** Still collected, or announced already. */
function isUnsettled(segment: SegmentState): boolean {
  return segment.stage === SegmentStage.Collecting || (isCollected(segment) && segment.stage !== SegmentStage.Empty);
}

/** The parties that are in the sum of every segment. */
function commonParties({ setup, segments }: AggregatorState): number[] {
  const sets = segments.map(({ survivors }) => new Set(partiesOf(setup, survivors!)));
  return setup.roster.map(({ id }) => id).filter((id) => sets.every((set) => set.has(id)));
}

function endEmpty(state: AggregatorState, why: Refusal | undefined): AggregatorStep {
  const open = indicesOf(state, ({ stage }) => stage !== SegmentStage.Empty);
  const told = why ?? refusal(RefusalReason.TooFewSurvivors, "another segment of the report has no sum");
  let next = state;
  for (const index of open) next = withSegment(next, index, { stage: SegmentStage.Empty });
  const emptied = open.map((index): AggregatorEffect => {
    return { type: "emptied", segment: idOf(state, index), refusal: told };
  });
  const done = commitWhenDone(next);
  return { state: done.state, effects: [...emptied, ...done.effects] };
}

function indicesOf({ segments }: AggregatorState, holds: (segment: SegmentState) => boolean): number[] {
  return segments.flatMap((segment, index) => (holds(segment) ? [index] : []));
}

function idOf({ setup }: AggregatorState, index: number): number {
  return setup.segments[index]!.id;
}
