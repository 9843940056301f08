import {
  type AggregatorEffect,
  decodeAggregatorState,
  decodeMessage,
  encodeAggregatorState,
  MessageType,
  Protocol,
  stepAggregator,
  toHex,
} from "@tributary/federated";
import { describe, expect, it } from "vitest";
import { createRoster, type DropStage, MemoryRound } from "./memory-round.ts";
import { aPlan, aSetup, idsOf, valuesOf } from "./round-fixtures.ts";
import { createSeededSuite } from "./seeded-suite.ts";

const PARTIES = 4;

/** A round that was committed, and the state that a process which stopped right after the commit finds. */
function play(protocol: Protocol, drops: readonly (DropStage | null)[]) {
  const roster = createRoster(createSeededSuite(`restarted ${protocol} ${drops.join()}`), idsOf(PARTIES), 2);
  const setup = aSetup(roster, { protocol });
  roster.parties.forEach((party, rank) => {
    party.values = valuesOf(setup, rank);
    party.dropAt = drops[rank] ?? null;
  });
  const round = new MemoryRound(roster.aggregator, setup, aPlan(roster, setup), roster.parties);
  let durable = encodeAggregatorState(round.aggregator);
  const tell = round.tell.bind(round);
  round.tell = (event) => {
    const before = round.outcome().aggregatorEffects.length;
    tell(event);
    const isPersisted = round
      .outcome()
      .aggregatorEffects.slice(before)
      .some(({ type }) => type === "persist");
    if (isPersisted) durable = encodeAggregatorState(round.aggregator);
  };
  const { aggregatorEffects } = round.run();
  return { context: roster.aggregator, told: resultsOf(aggregatorEffects), durable };
}

function resultsOf(effects: readonly AggregatorEffect[]): Uint8Array[] {
  return effects.flatMap((effect) =>
    effect.type === "send" && effect.message[1] === MessageType.Result ? [effect.message] : [],
  );
}

describe("an aggregator that restarts between the commit and its result", () => {
  const all = (stage: DropStage | null) => Array.from({ length: PARTIES }, () => stage);
  it.each([
    { given: "without masks", protocol: Protocol.None, drops: all(null), wantOpened: true },
    { given: "with masks", protocol: Protocol.Masking, drops: all(null), wantOpened: true },
    { given: "with a drop-out", protocol: Protocol.None, drops: [null, "MaskedInput"] as const, wantOpened: true },
    { given: "given up without masks", protocol: Protocol.None, drops: all("Consistency"), wantOpened: false },
    { given: "given up with masks", protocol: Protocol.Masking, drops: all("UnmaskAnswer"), wantOpened: false },
  ])("tells what was committed, byte for byte: $given", ({ protocol, drops, wantOpened }) => {
    const asksForCommit = protocol === Protocol.Masking || !wantOpened;
    const { context, told, durable } = play(protocol, drops);
    expect(told).toHaveLength(1);
    const message = decodeMessage(told[0]!);
    if (message.type !== MessageType.Result) throw new Error("a result is a result");
    expect(message.segments.map(({ opened }) => opened !== null)).toEqual([wantOpened, wantOpened]);
    const state = decodeAggregatorState(durable);
    // One that stopped just before the commit asks for the same, where its state says already how the segments ended.
    const asked = stepAggregator(context, state, { type: "resume" }).effects.filter(({ type }) => type === "commit");
    expect(asked).toEqual(asksForCommit ? [{ type: "commit", results: message.segments }] : []);
    const again = stepAggregator(context, state, { type: "committed" });
    expect(resultsOf(again.effects).map(toHex)).toEqual(told.map(toHex));
    const back = stepAggregator(context, again.state, { type: "reconnected", party: idsOf(PARTIES)[0]! });
    expect(resultsOf(back.effects).map(toHex)).toEqual(told.map(toHex));
  });

  it("tells nothing of sums that it does not know", () => {
    const roster = createRoster(createSeededSuite("nothing known"), idsOf(PARTIES), 2);
    const setup = aSetup(roster, { protocol: Protocol.None });
    const round = new MemoryRound(roster.aggregator, setup, aPlan(roster, setup), roster.parties);
    const step = stepAggregator(roster.aggregator, round.aggregator, { type: "committed" });
    expect(step).toEqual({ state: round.aggregator, effects: [] });
  });
});
