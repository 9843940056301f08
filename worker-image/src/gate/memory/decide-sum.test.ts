import { completeThreshold } from "@tributary/federated";
import { describe, expect, it } from "vitest";
import { decideSum, type Sum } from "./decide-sum.ts";
import { sumOf } from "./testing/seats.ts";

const refuse = { repeatedStarts: "Refuse" } as const;
const eight = [1, 2, 3, 4, 5, 6, 7, 8];
const first = sumOf(eight);

interface Case {
  readonly given: string;
  readonly signed: readonly Sum[];
  readonly asked: Sum;
  readonly verdict: object;
}

const cases: Case[] = [
  { given: "the first", signed: [], asked: first, verdict: { kind: "remember" } },
  { given: "the same again", signed: [first], asked: first, verdict: { kind: "known" } },
  {
    given: "the same for other work",
    signed: [first],
    asked: sumOf(eight, { work: "other" }),
    verdict: { kind: "refused", why: "OtherWork", difference: { missing: 0, added: 0 } },
  },
  {
    given: "one seat less",
    signed: [first],
    asked: sumOf(eight.slice(1)),
    verdict: { kind: "refused", why: "Near", difference: { missing: 1, added: 0 }, least: 3 },
  },
  {
    given: "one seat for another",
    signed: [first],
    asked: sumOf([...eight.slice(1), 9]),
    verdict: { kind: "refused", why: "Near", difference: { missing: 1, added: 1 }, least: 3 },
  },
  {
    given: "three seats less",
    signed: [first],
    asked: sumOf(eight.slice(3)),
    verdict: { kind: "refused", why: "Near", difference: { missing: 3, added: 0 }, least: 3 },
  },
  {
    given: "all seats but one for others",
    signed: [first],
    asked: sumOf([8, 11, 12, 13, 14]),
    verdict: { kind: "refused", why: "Near", difference: { missing: 7, added: 4 }, least: 3 },
  },
  { given: "all seats for others", signed: [first], asked: sumOf([11, 12, 13]), verdict: { kind: "remember" } },
  {
    given: "all seats for others, fewer than open a secret",
    signed: [sumOf([1, 2])],
    asked: sumOf([11], { threshold: 4 }),
    verdict: { kind: "refused", why: "Near", difference: { missing: 2, added: 1 }, least: 4 },
  },
  {
    given: "all seats for others, fewer than opened one before",
    signed: [sumOf([1, 2], { threshold: 4 })],
    asked: sumOf([11]),
    verdict: { kind: "refused", why: "Near", difference: { missing: 2, added: 1 }, least: 4 },
  },
  {
    given: "two seats for others where one opens a secret",
    signed: [sumOf([1], { threshold: 1 })],
    asked: sumOf([11], { threshold: 1 }),
    verdict: { kind: "refused", why: "Near", difference: { missing: 1, added: 1 }, least: 3 },
  },
  {
    given: "a third set, however far",
    signed: [first, sumOf([11, 12, 13, 14])],
    asked: sumOf([21, 22, 23, 24]),
    verdict: { kind: "refused", why: "Third", difference: { missing: 4, added: 4 } },
  },
  {
    given: "the second of two again",
    signed: [first, sumOf([11, 12, 13, 14])],
    asked: sumOf([11, 12, 13, 14]),
    verdict: { kind: "known" },
  },
  {
    given: "the same with a smaller threshold",
    signed: [sumOf(eight, { threshold: 5 })],
    asked: first,
    verdict: { kind: "known" },
  },
  {
    given: "the same with a larger threshold",
    signed: [first],
    asked: sumOf(eight, { threshold: 5 }),
    verdict: { kind: "remember" },
  },
  {
    given: "the same with a threshold that the other set is too near for",
    signed: [first, sumOf([11, 12])],
    asked: sumOf(eight, { threshold: 11 }),
    verdict: { kind: "refused", why: "Near", difference: { missing: 2, added: 8 }, least: 11 },
  },
];

describe("a sum on a start", () => {
  it.each(cases)("that is $given is judged by what was signed there", ({ signed, asked, verdict }) => {
    expect(decideSum(signed, asked, refuse)).toMatchObject(verdict);
  });

  it.each(cases)("that is $given is signed where the member allows repeated starts", ({ signed, asked }) => {
    expect(decideSum(signed, asked, { repeatedStarts: "Allow" }).kind).not.toBe("refused");
  });

  // Each seat signs at most two of them, far apart by every threshold, and the first less the others is the tenth seat alone.
  it("is not signed by enough seats where several sums together would single one out", () => {
    const all = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    const rounds = [all, [1, 2, 3], [4, 5, 6], [7, 8, 9]].map((seats) => ({
      seats,
      sum: sumOf(seats, { threshold: completeThreshold(seats.length) }),
    }));
    const memory = new Map<number, Sum[]>(all.map((seat) => [seat, []]));
    const opened = rounds.map(({ seats, sum }) => {
      const signers = seats.filter((seat) => decideSum(memory.get(seat)!, sum, refuse).kind !== "refused");
      for (const seat of signers) memory.get(seat)!.push(sum);
      return signers.length >= sum.threshold;
    });
    expect(opened).toEqual([true, false, false, false]);
  });

  it("of work that was allowed beside another is known, and work that was not is refused", () => {
    const signed = [first, sumOf(eight, { work: "other" })];
    expect(decideSum(signed, sumOf(eight, { work: "other" }), refuse).kind).toBe("known");
    expect(decideSum(signed, sumOf(eight, { work: "third" }), refuse)).toMatchObject({ why: "OtherWork" });
    expect(decideSum(signed, sumOf([11, 12, 13]), refuse).kind).toBe("remember");
  });
});
