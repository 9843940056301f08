import { type Refusal, RefusalReason, refusal } from "../refusals.ts";
import { type AggregatorState, type PlannedState, RoundStage } from "./aggregator-state.ts";
import type { AggregatorStep } from "./aggregator-types.ts";

/** The step that changes nothing and says why `party`'s message was not accepted. */
export function refuse(state: AggregatorState, party: number, found: Refusal): AggregatorStep {
  return { state, effects: [{ type: "refused", party, refusal: found }] };
}

/** The step that ends a round of which nothing was announced. */
export function fail(state: AggregatorState, found: Refusal): AggregatorStep {
  return { state: { ...state, stage: RoundStage.Failed }, effects: [{ type: "failed", refusal: found }] };
}

/** Runs one step after another, keeping all effects. */
export function chain(first: AggregatorStep, next: (state: AggregatorState) => AggregatorStep): AggregatorStep {
  const second = next(first.state);
  return { state: second.state, effects: [...first.effects, ...second.effects] };
}

/** True when the plan is known. */
export function isPlanned(state: AggregatorState): state is PlannedState {
  return state.plan !== null;
}

/** Refuses an event about a segment the setup does not have. */
export function refuseSegment(state: AggregatorState, party: number, segment: number): AggregatorStep {
  return refuse(state, party, refusal(RefusalReason.UnknownSegment, `segment ${segment}`));
}
