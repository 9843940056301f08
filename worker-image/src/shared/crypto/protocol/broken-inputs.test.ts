import { type AggregatorState, Protocol, stepAggregator } from "@tributary/federated";
import { describe, expect, it } from "vitest";
import { createRoster, type DropStage, MemoryRound } from "./memory-round.ts";
import { aPlan, aSetup, idsOf, plainSum, valuesOf } from "./round-fixtures.ts";
import { createSeededSuite } from "./seeded-suite.ts";

interface Play {
  readonly protocol: Protocol;
  readonly parties: number;
  /** Rank of the party whose staged bytes break. */
  readonly broken: number;
  readonly drops?: Readonly<Record<number, DropStage>>;
}

/** A round in which a party's staged bytes are found broken once every segment is being summed, before anything is announced. */
function play({ protocol, parties, broken, drops = {} }: Play) {
  const roster = createRoster(createSeededSuite(`broken ${protocol} ${parties} ${broken}`), idsOf(parties), 2);
  const setup = aSetup(roster, { protocol });
  roster.parties.forEach((party, rank) => {
    party.values = valuesOf(setup, rank);
    party.dropAt = drops[rank] ?? null;
  });
  const round = new MemoryRound(roster.aggregator, setup, aPlan(roster, setup), roster.parties);
  const lost = roster.parties[broken]!;
  let [sums, before]: [number, AggregatorState | undefined] = [0, undefined];
  const tell = round.tell.bind(round);
  round.tell = (event) => {
    if (event.type !== "summed" || before !== undefined) return tell(event);
    // The sums that hold the broken bytes are told to nobody.
    if (++sums < setup.segments.length) return;
    before = round.aggregator;
    tell({ type: "broken", parties: [lost.id] });
  };
  const outcome = round.run();
  return { roster, setup, lost, outcome, before: before!, after: round.aggregator };
}

describe("a party whose staged bytes are broken before its sum is announced", () => {
  it.each([
    { given: "without masks", protocol: Protocol.None, parties: 3, broken: 2 },
    { given: "with masks", protocol: Protocol.Masking, parties: 5, broken: 2 },
    {
      given: "with masks, after a drop-out",
      protocol: Protocol.Masking,
      parties: 7,
      broken: 0,
      drops: { 4: "MaskedInput" },
    },
  ] as const)("is out of the sums, the others' open, and it is told so: $given", (given) => {
    const { roster, setup, lost, outcome } = play(given);
    const drops: Readonly<Record<number, DropStage>> = "drops" in given ? given.drops : {};
    const rest = roster.parties.filter((party, rank) => party !== lost && drops[rank] === undefined);
    for (const segment of setup.segments) expect(outcome.sums.get(segment.id)).toEqual(plainSum(rest, segment));
    const discarded = outcome.aggregatorEffects.filter((effect) => effect.type === "discard");
    expect(discarded.filter(({ party }) => party === lost.id).map(({ segment }) => segment)).toEqual([7, 9]);
    expect(outcome.refusals).toEqual([]);
    const told = outcome.partyEffects.filter(({ party, effect }) => party === lost.id && effect.type === "closed");
    expect(told.map(({ effect }) => effect)).toMatchObject([
      { segments: [{ outcome: "Excluded" }, { outcome: "Excluded" }] },
    ]);
  });

  it("leaves the segments empty when too few are left, announcing nothing", () => {
    const { outcome } = play({ protocol: Protocol.Masking, parties: 3, broken: 1 });
    const emptied = outcome.aggregatorEffects.filter((effect) => effect.type === "emptied");
    expect(emptied).toMatchObject([
      { segment: 7, refusal: { reason: "TooFewSurvivors" } },
      { segment: 9, refusal: { reason: "TooFewSurvivors" } },
    ]);
    expect(outcome.results!.every(({ opened }) => opened === null)).toBe(true);
  });

  it("stays where its sum was announced, and where it was never counted on", () => {
    const { roster, lost, after, before } = play({ protocol: Protocol.None, parties: 3, broken: 2 });
    const step = (state: AggregatorState, party: number) =>
      stepAggregator(roster.aggregator, state, { type: "broken", parties: [party] });
    expect(step(after, roster.parties[0]!.id)).toEqual({ state: after, effects: [] });
    expect(step(before, 1)).toEqual({ state: before, effects: [] });
    // Of two segments one is announced: only the other goes on without the party.
    const sums = [{ segment: 7, sumSha256: new Uint8Array(32) }];
    const half = stepAggregator(roster.aggregator, before, { type: "summed", sums }).state;
    const { state, effects } = step(half, lost.id);
    expect(state.segments[0]).toBe(half.segments[0]);
    const others = roster.parties.filter((party) => party !== lost).map(({ id }) => id);
    expect(effects).toEqual([
      { type: "discard", segment: 9, party: lost.id },
      { type: "sum", segment: 9, parties: others },
    ]);
  });

  it("is not waited for where its bytes are still being collected", () => {
    const { roster, lost, before } = play({ protocol: Protocol.None, parties: 3, broken: 2 });
    const collecting = before.segments.map((segment) => ({
      ...segment,
      stage: "Collecting" as const,
      survivors: null,
    }));
    const step = stepAggregator(
      roster.aggregator,
      { ...before, segments: collecting },
      { type: "broken", parties: [lost.id] },
    );
    expect(step.effects).toEqual([7, 9].map((segment) => ({ type: "discard", segment, party: lost.id })));
    expect(step.state.segments.map(({ stored, reported }) => [stored.has(lost.id), reported.has(lost.id)])).toEqual([
      [false, false],
      [false, false],
    ]);
  });
});
