import { MessageType, openAggregation, Protocol, type RoundSetup, stepAggregator } from "@tributary/federated";
import { describe, expect, it } from "vitest";
import { createRoster, MemoryRound } from "./memory-round.ts";
import { aPlan, aSetup, idsOf, twoSegments } from "./round-fixtures.ts";
import { createSeededSuite } from "./seeded-suite.ts";

const roster = createRoster(createSeededSuite("impossible rounds"), idsOf(5), 2);
const [first, second, third] = roster.roster as [Entry, Entry, Entry];
const [update, metrics] = twoSegments as [Segment, Segment];
type Entry = RoundSetup["roster"][number];
type Segment = RoundSetup["segments"][number];

describe("an aggregator does not open a round", () => {
  const table: readonly { changes: Partial<RoundSetup>; want: string }[] = [
    { changes: { threshold: 2 }, want: "setup.threshold is 2, must be an integer from 3 to 65535" },
    { changes: { threshold: 65_536, minSurvivors: 65_536 }, want: "setup.threshold is 65536" },
    { changes: { neighbours: 4, threshold: 5 }, want: "setup.threshold is 5, must be an integer from 3 to 4" },
    { changes: { threshold: Number.NaN }, want: "setup.threshold is NaN" },
    { changes: { protocol: Protocol.None, threshold: 0 }, want: "setup.threshold is 0, must be an integer from 1" },
    { changes: { minSurvivors: 3 }, want: "setup.minSurvivors is 3, must be an integer from 4" },
    { changes: { roster: [first, third, second] }, want: "setup.roster is a list of 3, must be ascending by id" },
    { changes: { segments: [] }, want: "setup.segments.length is 0, must be at least 1" },
    { changes: { segments: [update, update] }, want: "setup.segments is a list of 2, must be each id once" },
    {
      changes: { segments: [metrics, { ...update, ringBits: 10 }] },
      want: "setup.segments[7].ringBits is 10, must be at least 11 for 8 value bits and 5 parties",
    },
    {
      changes: { segments: [{ ...update, ringBits: 11 }] },
      want: "setup.segments[7].ringBits is 11, must be one of 8, 10, 12, 16, 20, 24, 28, 32",
    },
    { changes: { segments: [{ ...update, valueCount: 0 }] }, want: "setup.segments[7].valueCount is 0" },
    { changes: { segments: [{ ...update, valueBits: 0 }] }, want: "setup.segments[7].valueBits is 0" },
  ];

  it.each(table)("$want", ({ changes, want }) => {
    expect(() => openAggregation(roster.aggregator, aSetup(roster, changes))).toThrow(want);
  });

  it.each([
    { given: "threshold", changes: { threshold: 6, minSurvivors: 6 } },
    { given: "number of survivors", changes: { minSurvivors: 6 } },
  ])("that lives with a $given above the roster: nothing but the setup is sent, TooFewParties", ({ changes }) => {
    const setup = aSetup(roster, changes);
    const { aggregatorEffects } = new MemoryRound(roster.aggregator, setup, aPlan(roster, setup), roster.parties).run();
    const sent = aggregatorEffects.flatMap((effect) => (effect.type === "send" ? [effect.message[1]] : []));
    expect(sent).toEqual([MessageType.Setup, MessageType.Plan]);
    const failed = aggregatorEffects.filter((effect) => effect.type === "failed");
    expect(failed).toMatchObject([{ refusal: { reason: "TooFewParties" } }]);
  });

  const setup = aSetup(roster);
  it.each([
    { stepExponents: [[-20]], want: "plan.stepExponents.length is 1, must be 2, one list for each segment" },
    {
      stepExponents: [[-20], [-4, -4]],
      want: "plan.stepExponents of segment 9 is a list of 2, must be a list of 1 or of 3",
    },
    { stepExponents: [[97], [-4]], want: "plan.stepExponents of segment 7 is 97, must be integers from -96 to 96" },
    { stepExponents: [[-20], [-4, 0.5, 0]], want: "plan.stepExponents of segment 9 is 0.5" },
  ])("whose steps do not fit: $want", ({ stepExponents, want }) => {
    const { state } = openAggregation(roster.aggregator, setup);
    const plan = { ...aPlan(roster, setup), stepExponents };
    expect(() => stepAggregator(roster.aggregator, state, { type: "plan", plan })).toThrow(want);
  });
});
