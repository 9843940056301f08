import { describe, expect, it } from "vitest";
import { Fitness, REGISTRATION_MS } from "../../party/seat-fitness.ts";
import { judgeSelection, type SelectedSeat, type SelectionTerms } from "./judge-selection.ts";

const terms: SelectionTerms = {
  quorum: 2,
  minOrganisations: 1,
  waitedMs: 0,
  fullMs: 15_000,
  deadlineMs: 60_000,
  survivors: [],
};
const seatOf = (index: number, change: Partial<SelectedSeat> = {}): SelectedSeat => ({
  seat: {
    partyId: index + 1,
    participant: { name: `p${index}`, organisation: `o${index % 2}` },
    workerIndex: 0,
  } as unknown as SelectedSeat["seat"],
  isConnected: true,
  heardAgoMs: 0,
  registeringMs: 0,
  fitness: Fitness.Fit,
  problem: undefined,
  ...change,
});
const away = { isConnected: false, fitness: Fitness.Away };
const registering = { fitness: Fitness.Registering };
const unfit = {
  fitness: Fitness.Unfit,
  problem: { code: "KIND_MISSING", message: "its trainer does not do Evaluate" },
} as const;
const judge = (third: Partial<SelectedSeat>, change: Partial<SelectionTerms> = {}) =>
  judgeSelection([seatOf(0), seatOf(1), seatOf(2, third)], { ...terms, ...change });
/** Three rounds that the third seat missed. */
const withoutThird = Array.from({ length: 3 }, () => [0, 1].map((at) => ({ participant: `p${at}`, workerIndex: 0 })));

describe("a round whose sum is of several organisations", () => {
  const ofTwo = { quorum: 1, minOrganisations: 2, fullMs: 0 };
  const judgeOf = (second: Partial<SelectedSeat>) =>
    judgeSelection([seatOf(0), seatOf(1, second)], { ...terms, ...ofTwo });

  it("opens with workers of as many", () => {
    expect(judgeOf({})).toEqual({ isOver: true });
  });

  it("waits for one whose trainer is about to register", () => {
    expect(judgeOf(registering)).toEqual({ isOver: false });
  });

  it("says how many there are when those of another are away", () => {
    expect(judgeOf(away)).toEqual({
      isOver: false,
      shortfall: "1 of 2 workers have joined, quorum is 1; they are of 1 organisations, must be of 2",
    });
  });
});

describe("a round with its quorum", () => {
  it("opens at once when every seat is fit", () => {
    expect(judge({})).toEqual({ isOver: true });
  });

  it.each([
    { given: "a seat that is away", third: away, want: { isOver: false, waitMs: 15_000 } },
    { given: "one that is away for too long", third: away, change: { waitedMs: 15_000 }, want: { isOver: true } },
    { given: "a seat whose trainer lacks a verb", third: unfit, want: { isOver: true } },
    {
      given: "a trainer that starts, as long as its round would have waited for it",
      third: { ...registering, registeringMs: 80_000 },
      change: { waitedMs: 20_000 },
      want: { isOver: false, waitMs: REGISTRATION_MS - 80_000 },
    },
    {
      given: "a trainer that starts, and no longer than the round may last",
      third: registering,
      change: { waitedMs: 20_000 },
      want: { isOver: false, waitMs: 40_000 },
    },
    {
      given: "a trainer that starts on a seat that missed the last rounds",
      third: registering,
      change: { survivors: withoutThird, waitedMs: 1_000 },
      want: { isOver: false, waitMs: 5_000 },
    },
  ])("and $given: $want", ({ third, change, want }) => {
    expect(judge(third, change)).toEqual(want);
  });
});

describe("a round without its quorum", () => {
  it("is said to lack it only when starting trainers would not make it up", () => {
    expect(judge(registering, { quorum: 3 })).toEqual({ isOver: false });
    expect(judge(away, { quorum: 3 })).toEqual({
      isOver: false,
      shortfall: "2 of 3 workers have joined, quorum is 3",
    });
  });

  it("names the seats that waiting does not make fit, and not without end", () => {
    expect(judge(unfit, { quorum: 3 }).shortfall).toBe(
      "3 of 3 workers have joined, quorum is 3; worker 0 of p2: its trainer does not do Evaluate (KIND_MISSING)",
    );
    const many = Array.from({ length: 500 }, (_, index) => seatOf(index, unfit));
    expect(judgeSelection(many, terms).shortfall).toMatch(/worker 0 of p2: .*; 497 others have problems too/u);
  });
});
