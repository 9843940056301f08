import { describe, expect, it } from "vitest";
import type { PartyEntry } from "../../party/party-directory.ts";
import { describeShortfall, type Shortfall } from "./describe-shortfall.ts";

const seat = (workerIndex: number, problem?: PartyEntry["problem"]) =>
  ({ seat: { workerIndex, participant: { name: "aws" } }, problem }) as unknown as Shortfall["seats"][number];
const notFinite = { code: "TRAINER_LOSS_NOT_FINITE", message: "the loss is NaN" } as const;

describe("a round without a sum", () => {
  it.each([
    {
      name: "too few reported",
      given: { reported: 1, workers: 2, quorum: 2, seats: [seat(0), seat(1, notFinite)] },
      want: "1 of 2 workers reported, quorum is 2; worker 1 of aws: the loss is NaN (TRAINER_LOSS_NOT_FINITE)",
    },
    {
      name: "enough reported and then went",
      given: { reported: 2, workers: 2, quorum: 2, seats: [] },
      want: "2 workers reported, too few of them are left to open their sum",
    },
  ])("is explained when $name", ({ given, want }) => {
    expect(describeShortfall(given)).toBe(want);
  });
});
