import { RoundStage } from "@tributary/federated";
import { describe, expect, it } from "vitest";
import {
  chosenEarly,
  EARLY_LIFE_MS,
  type EarlyCohort,
  earlyDelayMs,
  isNextKnown,
  isStillIt,
  mayOpenBeside,
  type NextLine,
  type NextParties,
  underNumberOf,
} from "./early-cohort.ts";
import type { PlannedCohort } from "./plan-cohort.ts";

describe("the next line is known", () => {
  it.each<[string, Partial<NextLine>, boolean]>([
    ["while one of the same window is in work", {}, true],
    ["not in the last line of a window", { through: 3 }, false],
    ["not while a sum waits, or was given up", { isHeldUp: true }, false],
    ["not where the line in work is in the ledger", { rounds: 4 }, false],
  ])("%s", (_, change, want) => {
    expect(isNextKnown({ line: 3, rounds: 3, through: 9, isHeldUp: false, ...change })).toBe(want);
  });
});

describe("keys of the next line are exchanged", () => {
  const seats = [1, 2, 3, 4, 5].map((partyId) => {
    return { seat: { partyId }, opensBeside: partyId !== 5, attestedAgoMs: 0 };
  });
  const chosen = { parties: [1, 2, 3, 4], minSurvivors: 4 };
  it.each<[string, Partial<NextParties>, boolean]>([
    ["by all that are in work and others", {}, true],
    ["not where the policy wants no cohort", { chosen: undefined }, false],
    ["not where the window asks for more reports by now", { chosen: { ...chosen, minSurvivors: 5 } }, false],
    ["not where somebody in work could not be in the next", { parties: [1, 2, 5] }, false],
    [
      "not where somebody of the next may not beside a round",
      { chosen: { ...chosen, parties: [1, 2, 3, 4, 5] } },
      false,
    ],
  ])("%s", (_, change, want) => {
    const given = { parties: [1, 2, 3], chosen, seats, ...change };
    expect(chosenEarly(given)).toBe(want ? chosen : undefined);
  });
});

it.each([
  { waitedMs: undefined, delayMs: 0 },
  { waitedMs: 50_000, delayMs: 0 },
  { waitedMs: 99_000, delayMs: 49_000 },
  { waitedMs: 600_000, delayMs: 550_000 },
])(
  "after a wait of $waitedMs ms between first and last report keys are exchanged $delayMs ms after the first",
  (given) => {
    expect(earlyDelayMs(given.waitedMs)).toBe(given.delayMs);
  },
);

it.each([
  { opensBeside: true, attestedAgoMs: 139_999, may: true },
  { opensBeside: true, attestedAgoMs: 140_000, may: false },
  { opensBeside: false, attestedAgoMs: 0, may: false },
])("a worker whose chain is $attestedAgoMs ms old exchanges keys beside a round: $may", ({ may, ...entry }) => {
  expect(mayOpenBeside(entry)).toBe(may);
});

const roster = [{ id: 1, organisation: "o", publicKey: new Uint8Array(32), certificateSha256: new Uint8Array(32) }];
const aPlanned = (setup: number, change: object = {}, record: object = {}) =>
  ({
    setup: { round: setup, attempt: 1, threshold: 3, roster, ...change },
    plan: { modelSha256: new Uint8Array(32).fill(setup), stepExponents: [] },
    record: { line: 4, setup, attempt: 1, papers: { terms: "terms", start: `start ${setup}` }, ...record },
    holders: [],
  }) as unknown as PlannedCohort;

function anEarly({ stage = RoundStage.Sharing as RoundStage, lost = [] as number[] } = {}): EarlyCohort {
  const run = { state: { stage }, lost: new Set(lost) };
  return { cohort: { run }, planned: aPlanned(7), openedMs: 1_000 } as unknown as EarlyCohort;
}

describe("a cohort that was opened early is the one that is opened now", () => {
  it.each<[string, EarlyCohort, PlannedCohort, number, boolean]>([
    ["where all is as it was but its number and start", anEarly(), aPlanned(8), EARLY_LIFE_MS, true],
    ["not when its chains are old", anEarly(), aPlanned(8), EARLY_LIFE_MS + 1, false],
    ["not when somebody of it is lost", anEarly({ lost: [1] }), aPlanned(8), 0, false],
    ["not when it has failed", anEarly({ stage: RoundStage.Failed }), aPlanned(8), 0, false],
    ["not at another line", anEarly(), aPlanned(8, {}, { line: 5 }), 0, false],
    ["not in a repetition", anEarly(), aPlanned(8, {}, { attempt: 2 }), 0, false],
    ["not under other terms", anEarly(), aPlanned(8, {}, { papers: { terms: "others" } }), 0, false],
    ["not with another threshold", anEarly(), aPlanned(8, { threshold: 4 }), 0, false],
    ["not with other parties", anEarly(), aPlanned(8, { roster: [] }), 0, false],
  ])("%s", (_, early, anew, ageMs, want) => {
    expect(isStillIt(early, anew, early.openedMs + ageMs)).toBe(want);
  });

  it("starts from what is known now under the number with which keys were exchanged", () => {
    const [early, anew] = [anEarly(), aPlanned(8)];
    const { setup, plan, record } = underNumberOf(early, anew);
    expect([setup.round, record.setup, plan, record.papers.start]).toEqual([7, 7, anew.plan, "start 8"]);
  });
});
