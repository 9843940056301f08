import { type AggregatorState, bitmapOf, Protocol, SegmentStage } from "@tributary/federated";
import { describe, expect, it } from "vitest";
import { awaitedHolders, lackingHolders, spentParties } from "./opening-outlook.ts";

interface GivenSegment {
  readonly stage: SegmentStage;
  readonly signed?: readonly number[];
  readonly answered?: readonly number[];
}

/** Five parties, of whom the first four shared secrets and three are in the sum; three open it. */
function aRound(segments: readonly GivenSegment[], protocol: Protocol = Protocol.Masking): AggregatorState {
  const mapOf = (parties: readonly number[] = []) => new Map(parties.map((party) => [party, new Uint8Array()]));
  return {
    setup: { protocol, threshold: 3, roster: [11, 12, 13, 14, 15].map((id) => ({ id })) },
    senders: bitmapOf([0, 1, 2, 3], 5),
    segments: segments.map(({ stage, signed, answered }) => ({
      stage,
      survivors: stage === SegmentStage.Collecting ? null : bitmapOf([0, 1, 2], 5),
      signatures: mapOf(signed),
      answers: mapOf(answered),
    })),
  } as unknown as AggregatorState;
}

describe("an announced sum", () => {
  it("waits for those who hold shares and have not spoken, in any of its segments", () => {
    const state = aRound([
      { stage: SegmentStage.Signing, signed: [11] },
      { stage: SegmentStage.Unmasking, signed: [11, 12, 13], answered: [11, 12, 14] },
      { stage: SegmentStage.Opened, signed: [11, 12, 13], answered: [] },
    ]);
    expect([awaitedHolders(state), lackingHolders(state)]).toEqual([[12, 13, 14], 2]);
  });

  it("waits for nobody once it is open", () => {
    const state = aRound([{ stage: SegmentStage.Opened }]);
    expect([awaitedHolders(state), lackingHolders(state)]).toEqual([[], 0]);
  });
});

describe("the parties of a spent sum", () => {
  const signing = { stage: SegmentStage.Signing };
  it.each([
    ["nothing was announced", aRound([{ stage: SegmentStage.Collecting }]), [], undefined],
    ["it has no masks", aRound([signing], Protocol.None), [], undefined],
    ["nobody is known to have signed, and some may have", aRound([signing]), [11, 12, 13], [11, 12, 13]],
    ["all who could have signed said no", aRound([signing]), [11, 12, 13, 14], undefined],
    ["one signed before all said no", aRound([{ ...signing, signed: [12] }]), [11, 12, 13, 14], [11, 12, 13]],
    ["it was given up", aRound([{ stage: SegmentStage.Empty, signed: [12] }]), [], [11, 12, 13]],
  ] as const)("when %s", (_what, state, refused, want) => {
    expect(spentParties(state, new Set(refused))).toEqual(want);
  });
});
