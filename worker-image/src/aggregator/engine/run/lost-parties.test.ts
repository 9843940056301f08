import { type AggregatorState, SegmentStage } from "@tributary/federated";
import { describe, expect, it } from "vitest";
import { canBeOpened, isAnnounced, isSummed } from "./lost-parties.ts";

/** Four parties of which three must answer; one segment in the given stage, with what parties gave for it. */
function aRound(stage: SegmentStage, given: readonly number[] = []): AggregatorState {
  const gave = new Map(given.map((party) => [party, new Uint8Array()]));
  const setup = { threshold: 3, roster: [1, 2, 3, 4].map((id) => ({ id })) };
  return { setup, segments: [{ stage, signatures: gave, answers: gave }] } as unknown as AggregatorState;
}

describe("an announced sum whose parties are lost", () => {
  it.each([
    { name: "one of four is lost", stage: SegmentStage.Signing, lost: [1], want: true },
    { name: "two of four are lost before they signed", stage: SegmentStage.Signing, lost: [1, 2], want: false },
    {
      name: "two are lost that signed but did not answer",
      stage: SegmentStage.Signing,
      given: [1, 2],
      lost: [1, 2],
      want: false,
    },
    { name: "two are lost while answers are waited for", stage: SegmentStage.Unmasking, lost: [1, 2], want: false },
    {
      name: "two are lost after they answered",
      stage: SegmentStage.Unmasking,
      given: [1, 2],
      lost: [1, 2],
      want: true,
    },
    {
      name: "all are lost while reports are collected",
      stage: SegmentStage.Collecting,
      lost: [1, 2, 3, 4],
      want: true,
    },
    { name: "all are lost after the sum is open", stage: SegmentStage.Opened, lost: [1, 2, 3, 4], want: true },
  ])("can be opened or not when $name: $want", ({ stage, given, lost, want }) => {
    expect(canBeOpened(aRound(stage, given ?? []), new Set(lost))).toBe(want);
  });

  it.each([
    [SegmentStage.Collecting, false],
    [SegmentStage.Summing, false],
    [SegmentStage.Signing, true],
    [SegmentStage.Opened, true],
  ])("is announced in stage %s: %s", (stage, want) => {
    expect(isAnnounced(aRound(stage))).toBe(want);
  });

  it.each([
    [SegmentStage.Summing, false],
    [SegmentStage.Signing, true],
    [SegmentStage.Opened, true],
    [SegmentStage.Empty, false],
  ])("has a sum that was announced and not given up in stage %s: %s", (stage, want) => {
    expect(isSummed(aRound(stage))).toBe(want);
  });
});
