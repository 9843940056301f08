import { type AggregatorState, DeadlineStage, hasRank, RoundStage, SegmentStage } from "@tributary/federated";

/** Whether a stage still waits for parties, so that its end makes a difference. */
export function isStageOpen(state: AggregatorState, stage: DeadlineStage): boolean {
  if (stage === DeadlineStage.Advertising) return state.stage === RoundStage.Advertising;
  if (stage === DeadlineStage.Sharing) return state.stage === RoundStage.Sharing;
  return state.segments.some((segment) => segment.stage === SegmentStage.Collecting);
}

/** Whether a party's report is complete in every segment. */
export function hasReported({ setup, segments }: AggregatorState, party: number): boolean {
  const rank = setup.roster.findIndex(({ id }) => id === party);
  return segments.every(({ stored, reported, survivors }) => {
    if (survivors !== null) return rank >= 0 && hasRank(survivors, rank);
    return stored.has(party) && reported.has(party);
  });
}

/**
 * Whether a stage that is open has nothing left to wait for: the only parties missing are lost, or quorum is out of reach.
 *
 * @param lost ids of parties that will not report any more.
 */
export function endsWithoutLost(state: AggregatorState, stage: DeadlineStage, lost: ReadonlySet<number>): boolean {
  const { roster, minSurvivors } = state.setup;
  const able = roster.filter(({ id }) => !lost.has(id) || hasReported(state, id));
  const isSomebodyAwaited = able.some(({ id }) => !hasDone(state, stage, id));
  return isStageOpen(state, stage) && (!isSomebodyAwaited || able.length < minSurvivors);
}

function hasDone(state: AggregatorState, stage: DeadlineStage, party: number): boolean {
  if (stage === DeadlineStage.Advertising) return state.advertised.has(party);
  if (stage === DeadlineStage.Sharing) return state.bundles.has(party);
  return hasReported(state, party);
}
