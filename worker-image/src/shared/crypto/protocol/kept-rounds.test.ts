import {
  decodePartyState,
  type EnrolledParty,
  encodePartyState,
  MessageType,
  type PartyState,
  type RoundSetup,
  setupDigest,
  stepParty,
} from "@tributary/federated";
import { describe, expect, it } from "vitest";
import { enrolledParties } from "./enrolled-parties.ts";
import { createRoster, type MemoryRoster } from "./memory-round.ts";
import { aPlan, aSetup, idsOf, recordRound, signedPlan, signedSetup } from "./round-fixtures.ts";
import { createSeededSuite } from "./seeded-suite.ts";

const roster = createRoster(createSeededSuite("kept-rounds"), idsOf(4), 2);
const [victim] = roster.parties as [MemoryRoster["parties"][number]];
const enrolled = enrolledParties(roster.roster);
const emptyState: PartyState = victim.state;

const setupOf = (round: number): RoundSetup => aSetup(roster, { round });
const digestOf = (round: number) => setupDigest(roster.crypto, setupOf(round));

function post(state: PartyState, event: Parameters<typeof stepParty>[2]) {
  const step = stepParty(victim.context, state, event);
  const refused = step.effects.find((effect) => effect.type === "refused");
  return { ...step, refused: refused?.refusal.reason, types: step.effects.map(({ type }) => type) };
}

const open = (state: PartyState, round: number) =>
  post(state, { type: "open", message: signedSetup(roster, setupOf(round)), enrolled });
const start = (state: PartyState, round: number, model = `model ${round}`) => {
  const setup = setupOf(round);
  return post(state, { type: "receive", message: signedPlan(roster, setup, aPlan(roster, setup, model)) });
};
const forget = (state: PartyState, round: number) => post(state, { type: "forget", setupDigest: digestOf(round) });
const numbersOf = ({ rounds }: PartyState) => rounds.map(({ setup }) => setup.round);

/** A state in which survivors of a round are signed, and whose result is missing. */
function signed(from: PartyState, round: number, model = `model ${round}`): PartyState {
  for (const party of roster.parties) party.state = party === victim ? from : emptyState;
  const setup = setupOf(round);
  return recordRound(roster, setup, aPlan(roster, setup, model)).messages.get(MessageType.Result)!.state;
}

describe("a round that was closed without a result", () => {
  it.each([
    { given: "whose keys were exchanged", state: () => open(emptyState, 2).state },
    { given: "that had started", state: () => start(open(emptyState, 2).state, 2).state },
  ])("$given leaves no secret behind, and never comes again", ({ state }) => {
    const before = state();
    const { seed } = before.rounds[0]!;
    const { state: after, types } = forget(before, 2);
    const holdsSeed = [before, after].map((one) => Buffer.from(encodePartyState(one)).includes(Buffer.from(seed)));
    expect([types, numbersOf(after), holdsSeed]).toEqual([["persist"], [], [true, false]]);
    expect([open(after, 2).refused, open(after, 3).refused]).toEqual(["RoundNotIncreasing", undefined]);
  });

  it("keeps the shares of a sum that was signed: they may still be asked for", () => {
    const state = signed(emptyState, 2);
    expect([forget(state, 2).types, numbersOf(forget(state, 2).state)]).toEqual([[], [2]]);
  });

  it("is none of those that are not open", () => {
    const state = open(emptyState, 2).state;
    expect(forget(state, 3)).toMatchObject({ state, types: [] });
  });
});

describe("a setup beside a round that has started", () => {
  const started = () => start(open(emptyState, 2).state, 2).state;

  it("takes no round from it: what was opened before is opened again, until the later one starts", () => {
    const beside = open(started(), 3).state;
    expect([numbersOf(beside), open(beside, 2).types, start(beside, 2).types]).toEqual([
      [2, 3],
      ["send"],
      ["planAccepted"],
    ]);
    const left = start(beside, 3).state;
    expect([numbersOf(left), open(left, 2).refused]).toEqual([[3], "RoundNotIncreasing"]);
  });

  it("gives way to another one with its secrets, and a round closed unused to the one that follows it", () => {
    const replaced = open(open(started(), 3).state, 4).state;
    expect([numbersOf(replaced), open(replaced, 3).refused]).toEqual([[2, 4], "RoundNotIncreasing"]);
    const unused = forget(replaced, 4).state;
    expect([open(unused, 2).refused, numbersOf(open(unused, 5).state)]).toEqual([undefined, [2, 5]]);
  });

  it("does not bring back a signed round after one on another start", () => {
    const later = start(open(signed(emptyState, 2), 3).state, 3).state;
    expect([numbersOf(later), open(later, 2).refused]).toEqual([[2, 3], "RoundNotIncreasing"]);
    // Nothing of the later one is left to see; the start is.
    expect(open(forget(later, 3).state, 2).refused).toBe("RoundNotIncreasing");
  });

  it("is started only as it would be opened then: by its certificates and the policy of that moment", () => {
    const { state } = open(started(), 3);
    const judge = (who: readonly EnrolledParty[], policy = { allowUnmasked: false, minOrganisations: 2 }) =>
      post(state, { type: "judge", setupDigest: digestOf(3), enrolled: who, policy });
    expect([judge(enrolled).types, judge(enrolled).state]).toEqual([[], state]);
    expect(judge(enrolled.slice(1)).refused).toBe("PartyNotEnrolled");
    expect(judge(enrolled, { allowUnmasked: false, minOrganisations: 3 }).refused).toBe("MinOrganisationsTooLow");
    expect(post(state, { type: "judge", setupDigest: digestOf(9), enrolled }).refused).toBe("UnknownRound");
  });
});

describe("sums that wait for their result", () => {
  /** Signed on these models, one after the other. */
  const waiting = (models: readonly string[]) =>
    models.reduce((state, model, at) => signed(state, at + 1, model), emptyState);

  it("are four beside the round that is in work and the setup of the next", () => {
    const state = open(start(open(waiting(["a", "b", "c", "d"]), 5).state, 5).state, 6).state;
    expect(numbersOf(state)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(decodePartyState(encodePartyState(state)).rounds.length).toBe(6);
  });

  it.each([
    { models: ["a", "b", "c", "d", "e"], next: "f", want: [2, 3, 4, 5, 6] },
    { models: ["a", "a", "b", "b", "b"], next: "b", want: [2, 3, 4, 5, 6] },
    { models: ["b", "b", "b", "b", "b"], next: "b", want: [2, 3, 4, 5, 6] },
  ])("make room for a sixth round, which says so: $models, then $next", ({ models, next, want }) => {
    const { state, effects } = start(open(waiting(models), 6).state, 6, next);
    expect(numbersOf(state)).toEqual(want);
    expect(effects).toContainEqual({ type: "sumLost", round: 1, attempt: 0 });
  });
});
