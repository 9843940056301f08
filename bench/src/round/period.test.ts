import { describe, expect, it } from "vitest";
import { commitPeriodsOf, periodsOf, readRoundLog } from "./period.ts";

const marks = (...atMs: number[]) => atMs.map((at, round) => ({ round, atMs: at }));

describe("periods of rounds", () => {
  it.each([
    { given: marks(), dropped: 0, want: [] },
    { given: marks(100), dropped: 0, want: [] },
    { given: marks(100, 600, 900), dropped: 0, want: [0.5, 0.3] },
    { given: marks(100, 600, 900), dropped: 1, want: [0.3] },
    { given: marks(100, 600, 900), dropped: 3, want: [] },
  ])("of the marks $given without the first $dropped are $want", ({ given, dropped, want }) => {
    expect(periodsOf(given, dropped)).toEqual(want);
  });

  it("start with the first party that notes the round, in whatever order the notes come", () => {
    const given = [
      { round: 2, atMs: 3000 },
      { round: 1, atMs: 1700 },
      { round: 1, atMs: 1000 },
      { round: 2, atMs: 3400 },
    ];
    expect(periodsOf(given, 0)).toEqual([2]);
  });

  it("end with their own commit, so that the first round has none and the second counts as it is named", () => {
    expect(commitPeriodsOf(marks(5000, 5200, 5500, 5900), 2)).toEqual([0.3, 0.4]);
    expect(commitPeriodsOf(marks(5000, 5200, 5500, 5900), 0)).toEqual([0.2, 0.3, 0.4]);
  });

  it("come from a log whose last line is still being written", () => {
    const text = '{"round": 1, "at": 10.5}\n{"round": 2, "at": 12}\n{"round": 3, "a';
    expect(readRoundLog(text)).toEqual([
      { round: 1, atMs: 10_500 },
      { round: 2, atMs: 12_000 },
    ]);
    expect(readRoundLog('{"round"')).toEqual([]);
  });
});
