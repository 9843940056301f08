import { describe, expect, it } from "vitest";
import { missedRounds, selectionGraceMs } from "./seat-grace.ts";

const FULL_MS = 15_000;
const seat = (isConnected: boolean, missed: number, silentMs: number) => ({
  isConnected,
  missedRounds: missed,
  silentMs,
});
const here = seat(true, 0, 0);

describe("the grace of a round", () => {
  it.each([
    ["everybody is connected", [here, here], 0],
    ["nobody has a seat", [], 0],
    ["the first round waits in full", [here, seat(false, 0, 1_000)], FULL_MS],
    ["one that missed a round may be slow", [here, seat(false, 1, 1_000_000)], FULL_MS],
    ["one that missed two and was heard lately gets the time of a reconnection", [here, seat(false, 2, 59_999)], 6_000],
    ["one that missed two and is silent is not waited for", [here, seat(false, 2, 60_000)], 0],
    ["one that is connected is never waited for, whatever it missed", [here, seat(true, 9, 0)], 0],
    ["the longest grace of all counts", [seat(false, 9, 90_000), seat(false, 3, 0), seat(false, 0, 0)], FULL_MS],
  ])("%s", (_, seats, graceMs) => {
    expect(selectionGraceMs(seats, FULL_MS)).toBe(graceMs);
  });

  it("is never more than the round has", () => {
    expect(selectionGraceMs([seat(false, 5, 0)], 500)).toBe(500);
  });
});

it.each([
  [[], 0],
  [["a0", "a0 b1", "a0"], 1],
  [["a0", "a1 b0", "a1"], 3],
  [["b1", "a0", "a0 b1"], 0],
])("rounds of %j miss b1 at their end: %i", (rounds, missed) => {
  const survivors = rounds.map((round) =>
    round.split(" ").map((name) => ({ participant: name[0]!, workerIndex: Number(name[1]) })),
  );
  expect(missedRounds(survivors, { participant: "b", workerIndex: 1 })).toBe(missed);
});
