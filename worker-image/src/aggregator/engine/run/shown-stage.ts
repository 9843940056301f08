import { controlV1 } from "@tributary/contracts";
import { type AggregatorState, RoundStage, SegmentStage } from "@tributary/federated";

/** Where a round stands, for people: a coarse view of the protocol's machine, or selecting parties when none is open. */
export function stageOf(state: AggregatorState | undefined): controlV1.Stage {
  const { Stage } = controlV1;
  if (state === undefined) return Stage.SELECTING;
  if (state.stage === RoundStage.Advertising || state.stage === RoundStage.Sharing) return Stage.SHARING;
  if (state.segments.some(({ stage }) => stage === SegmentStage.Collecting))
    return state.segments.some(({ stored }) => stored.size > 0) ? Stage.COLLECTING : Stage.TRAINING;
  return state.segments.every(({ stage }) => stage === SegmentStage.Opened) ? Stage.COMMITTING : Stage.UNMASKING;
}
