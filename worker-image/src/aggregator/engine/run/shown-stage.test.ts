import { controlV1 } from "@tributary/contracts";
import { type AggregatorState, RoundStage, SegmentStage } from "@tributary/federated";
import { describe, expect, it } from "vitest";
import { stageOf } from "./shown-stage.ts";

function aState(stage: RoundStage, segments: readonly SegmentStage[], isStored = false): AggregatorState {
  const stored = new Map(isStored ? [[1, { sha256: new Uint8Array(), sizeBytes: 1 }]] : []);
  return { stage, segments: segments.map((one) => ({ stage: one, stored })) } as unknown as AggregatorState;
}

const { Stage } = controlV1;
const { Advertising, Sharing, Collecting } = RoundStage;

describe("the stage of a round", () => {
  it.each([
    { name: "none is open", state: undefined, want: Stage.SELECTING },
    { name: "keys come in", state: aState(Advertising, [SegmentStage.Collecting]), want: Stage.SHARING },
    { name: "shares come in", state: aState(Sharing, [SegmentStage.Collecting]), want: Stage.SHARING },
    { name: "nothing was reported yet", state: aState(Collecting, [SegmentStage.Collecting]), want: Stage.TRAINING },
    { name: "a report came", state: aState(Collecting, [SegmentStage.Collecting], true), want: Stage.COLLECTING },
    {
      name: "one segment is open and one announced",
      state: aState(Collecting, [SegmentStage.Opened, SegmentStage.Signing], true),
      want: Stage.UNMASKING,
    },
    { name: "all is open", state: aState(Collecting, [SegmentStage.Opened], true), want: Stage.COMMITTING },
  ])("when $name", ({ state, want }) => {
    expect(stageOf(state)).toBe(want);
  });
});
