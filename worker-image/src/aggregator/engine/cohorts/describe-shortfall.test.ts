import { describe, expect, it } from "vitest";
import type { PartyEntry } from "../../party/party-directory.ts";
import { describeShortfall, type Shortfall } from "./describe-shortfall.ts";

const seat = (workerIndex: number, problem?: PartyEntry["problem"]) =>
  ({ seat: { workerIndex, participant: { name: "aws" } }, problem }) as unknown as Shortfall["missing"][number];
const notFinite = { code: "TRAINER_LOSS_NOT_FINITE", message: "the loss is NaN" } as const;

const refused = { code: "DIFFERENCE_OF_JOBS", message: "the same seats did other work" } as const;

describe("a round without a sum", () => {
  it.each([
    {
      name: "too few reported",
      given: { reported: 1, workers: 2, quorum: 2, missing: [seat(0), seat(1, notFinite)], reporters: [] },
      want: "1 of 2 workers reported, quorum is 2; worker 1 of aws: the loss is NaN (TRAINER_LOSS_NOT_FINITE)",
    },
    {
      name: "nobody reported, and more have problems than are named",
      given: {
        reported: 0,
        workers: 5,
        quorum: 2,
        missing: [0, 1, 2, 3, 4].map((index) => seat(index, notFinite)),
        reporters: [],
      },
      want: `0 of 5 workers reported, quorum is 2; ${[0, 1, 2].map((index) => `worker ${index} of aws: the loss is NaN (TRAINER_LOSS_NOT_FINITE)`).join("; ")}; 2 others have problems too`,
    },
    {
      name: "enough reported and then went",
      given: { reported: 2, workers: 2, quorum: 2, missing: [], reporters: [seat(0), seat(1)] },
      want: "2 workers reported, too few of them are left to open their sum",
    },
    {
      name: "enough reported and did not sign",
      given: { reported: 2, workers: 2, quorum: 2, missing: [], reporters: [seat(0), seat(1, refused)] },
      want: "2 workers reported, too few of them are left to open their sum; worker 1 of aws: the same seats did other work (DIFFERENCE_OF_JOBS)",
    },
  ])("is explained when $name", ({ given, want }) => {
    expect(describeShortfall(given)).toBe(want);
  });
});
