import { describe, expect, it } from "vitest";
import { figuresOf, type LedgerFigureLine } from "./ledger-figures.ts";

const line = (round: number, committedMs: number, changes: Partial<LedgerFigureLine> = {}): LedgerFigureLine => ({
  round,
  outcome: "Committed",
  cohorts: [{ survivors: ["aws", "gcp"] }],
  bytes: { model: { up: 0, down: 100 }, update: { up: 10 + round, down: 0 } },
  startedMs: committedMs - 100,
  committedMs,
  ...changes,
});

describe("figures of a ledger", () => {
  it("are periods between commits and bytes of the rounds after the first two", () => {
    const lines = [line(0, 9000), line(1, 9900), line(2, 10_100), line(3, 10_350)];
    expect(figuresOf(lines, 2, 2)).toEqual({
      periods: [0.2, 0.25],
      inside: [0.1, 0.1],
      bytes: [112, 113],
      bytesUp: [12, 13],
    });
  });

  it("leave out the round that only evaluates", () => {
    const lines = [line(0, 9000), line(1, 9900), line(2, 9950, { outcome: "Evaluated" })];
    expect(figuresOf(lines, 2, 0)).toEqual({
      periods: [0.9],
      inside: [0.1, 0.1],
      bytes: [110, 111],
      bytesUp: [10, 11],
    });
  });

  it.each([
    [[line(0, 1), line(2, 2)], "the ledger holds round 2 where 1 was expected"],
    [[line(0, 1), line(1, 2, { cohorts: [{ survivors: ["aws"] }] })], "round 1 has 1 reports, not 2"],
  ])("are refused when the work was not whole: %#", (lines, why) => {
    expect(() => figuresOf(lines, 2, 0)).toThrow(why);
  });
});
