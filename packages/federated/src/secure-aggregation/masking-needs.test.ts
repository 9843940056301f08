import { describe, expect, it } from "vitest";
import { completeThreshold } from "../graph/neighbourhoods.ts";
import {
  defaultThreshold,
  leastOpenedWorkers,
  type MaskedJob,
  type MaskingProblem,
  maskingProblems,
} from "./masking-needs.ts";

const aJob = (changes: Partial<MaskedJob> = {}): MaskedJob => ({
  workers: 6,
  organisations: 3,
  minOrganisations: undefined,
  threshold: undefined,
  quorum: 5,
  ...changes,
});
const tell = ({ need, value, expected }: MaskingProblem) => `${need}: ${value}, ${expected}`;

describe("a masked job", () => {
  it.each<[string, Partial<MaskedJob>]>([
    ["with all that is needed", {}],
    ["of three workers of two organisations", { workers: 3, organisations: 2, quorum: 3 }],
    ["that only all of its workers open", { threshold: 6, quorum: 6 }],
    ["of which nobody knows organisations and quorum", { organisations: undefined, quorum: undefined }],
    ["that lets one organisation's sum be opened, but has two", { organisations: 2, minOrganisations: 1 }],
    ["of so many workers that they open sums by neighbourhoods", { workers: 100, quorum: 65 }],
  ])("%s has no problem", (_what, changes) => {
    expect(maskingProblems(aJob(changes))).toEqual([]);
  });

  it.each<[string, Partial<MaskedJob>, readonly string[]]>([
    ["of two workers", { workers: 2, quorum: 2 }, ["TooFewWorkers: 2, at least 3"]],
    ["of one organisation", { organisations: 1 }, ["TooFewOrganisations: 1, at least 2"]],
    [
      "of one organisation that asks for one",
      { organisations: 1, minOrganisations: 1 },
      ["TooFewOrganisations: 1, at least 2"],
    ],
    ["of fewer organisations than it asks for", { minOrganisations: 4 }, ["TooFewOrganisations: 3, at least 4"]],
    [
      "of one worker",
      { workers: 1, organisations: 1, threshold: 9 },
      ["TooFewWorkers: 1, at least 3", "TooFewOrganisations: 1, at least 2"],
    ],
    [
      "whose threshold two groups could each reach",
      { threshold: 4 },
      ["ThresholdImpossible: 4, from 5 to 6 with 6 workers"],
    ],
    ["whose threshold nobody reaches", { threshold: 7 }, ["ThresholdImpossible: 7, from 5 to 6 with 6 workers"]],
    [
      "whose quorum opens no sum",
      { quorum: 4 },
      ["QuorumTooLow: 4, at least 5, the threshold: fewer workers open no sum"],
    ],
    [
      "whose quorum is below a threshold of its own",
      { threshold: 6 },
      ["QuorumTooLow: 5, at least 6, the threshold: fewer workers open no sum"],
    ],
    [
      "of many workers with a threshold of its own",
      { workers: 65, threshold: 44, quorum: 65 },
      ["ThresholdImpossible: 44, left out with more than 64 workers, whose neighbourhoods decide it"],
    ],
    [
      "of many workers whose quorum is a complete graph that opens no sum",
      { workers: 100, quorum: 64 },
      ["QuorumTooLow: 64, at least 65, of so many seats: fewer workers open no sum"],
    ],
  ])("%s is told so", (_what, changes, told) => {
    expect(maskingProblems(aJob(changes)).map(tell)).toEqual(told);
  });

  it("has by default the lowest threshold that parties of a complete graph take", () => {
    expect([3, 4, 5, 6, 10, 64].map(defaultThreshold)).toEqual([3, 3, 4, 5, 7, 43]);
    for (let workers = 3; workers <= 64; workers++) {
      const threshold = defaultThreshold(workers);
      expect(threshold).toBe(completeThreshold(workers));
      const job = aJob({ workers, quorum: workers });
      expect(maskingProblems({ ...job, threshold })).toEqual([]);
      expect(maskingProblems({ ...job, threshold: threshold - 1 })).toHaveLength(1);
    }
  });

  it("opens sums of as many as its threshold, and promises three where neighbourhoods decide", () => {
    const least = (workers: number, threshold?: number) => leastOpenedWorkers({ workers, threshold });
    expect([least(6), least(6, 6), least(64), least(65)]).toEqual([5, 6, 43, 3]);
  });
});
