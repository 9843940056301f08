import { encodeMessage, type Message, MessageType, Protocol, stepParty } from "@tributary/federated";
import { describe, expect, it } from "vitest";
import { createRoster, type DropStage, type MemoryRoster } from "./memory-round.ts";
import { aPlan, aSetup, idsOf, type RecordedRound, recordRound } from "./round-fixtures.ts";
import { createSeededSuite } from "./seeded-suite.ts";

/**
 * The difference of two sums on one base model is somebody's update: what a sidecar does with a second set of survivors.
 *
 * Rosters of 9: threshold 7, so sums hold at least 7 parties and two different ones must be 7 parties apart (never possible here) or equal.
 */
describe("on one base model", () => {
  it("the same survivors are summed again in a later attempt", () => {
    const roster = nine("same survivors");
    const first = play(roster, { round: 1, attempt: 0 });
    const second = play(roster, { round: 1, attempt: 1 });
    expect(refusalsOf(first)).toEqual([]);
    expect(lastSigned(second)).toBe(true);
  });

  it("survivors without one party are refused: BitmapTooClose", () => {
    const roster = nine("one party less");
    play(roster, { round: 1, attempt: 0 });
    const second = play(roster, { round: 1, attempt: 1, drops: { 8: "MaskedInput" } });
    expect(answerToBitmaps(second)).toBe("BitmapTooClose");
  });

  it.each([
    { given: "a replaced pod on the same data", id: idsOf(9)[8]!, answer: "signed" },
    { given: "a pod on other data in its place", id: 90_000, answer: "RosterShrunk" },
  ])("the same survivors but for $given: $answer", ({ id, answer }) => {
    const roster = nine("replaced pod");
    play(roster, { round: 1, attempt: 0 });
    const fresh = createRoster(createSeededSuite("fresh pod"), [...idsOf(8), id], 2);
    const replaced: MemoryRoster = {
      ...roster,
      parties: [
        ...roster.parties.slice(0, 8),
        {
          ...fresh.parties[8]!,
          context: {
            ...fresh.parties[8]!.context,
            config: { ...fresh.parties[8]!.context.config, aggregatorKey: roster.aggregatorKey },
          },
        },
      ],
      roster: [...roster.roster.slice(0, 8), fresh.roster[8]!],
    };
    const second = play(replaced, { round: 1, attempt: 1 });
    expect(answer === "signed" ? lastSigned(second) && answer : answerToPlan(second)).toBe(answer);
  });

  it("a roster without one party is refused at the plan: RosterShrunk", () => {
    const roster = nine("shrunken roster");
    play(roster, { round: 1, attempt: 0 });
    const shrunk = { ...roster, parties: roster.parties.slice(0, 8), roster: roster.roster.slice(0, 8) };
    const second = play(shrunk, { round: 1, attempt: 1 });
    expect(answerToPlan(second)).toBe("RosterShrunk");
  });

  it("another model may have other survivors", () => {
    const roster = nine("next model");
    play(roster, { round: 1, attempt: 0 });
    const second = play(roster, { round: 2, attempt: 0, model: "next", drops: { 8: "MaskedInput" } });
    expect(lastSigned(second)).toBe(true);
  });

  it("a model that was left does not come back: ModelReplayed", () => {
    const roster = nine("replayed model");
    play(roster, { round: 1, attempt: 0 });
    play(roster, { round: 2, attempt: 0, model: "next" });
    const third = play(roster, { round: 3, attempt: 0, drops: { 8: "MaskedInput" } });
    expect(answerToPlan(third)).toBe("ModelReplayed");
  });

  it.each(["base", "next"])("a round without masks is refused where %s had a masked sum: ModelReplayed", (model) => {
    const roster = nine(`in clear on ${model}`);
    play(roster, { round: 1, attempt: 0 });
    play(roster, { round: 2, attempt: 0, model: "next" });
    const inClear = play(roster, { round: 3, attempt: 0, model, protocol: Protocol.None });
    expect(answerToPlan(inClear)).toBe("ModelReplayed");
  });

  it("rounds without masks take nothing from what is remembered of masked sums, and may go back to their own models", () => {
    const roster = nine("in clear between");
    play(roster, { round: 1, attempt: 0 });
    for (const [round, model] of ["own", "another", "own"].entries())
      expect(refusalsOf(play(roster, { round: 2 + round, attempt: 0, model, protocol: Protocol.None }))).toEqual([]);
    const closer = play(roster, { round: 5, attempt: 0, drops: { 8: "MaskedInput" } });
    expect(answerToBitmaps(closer)).toBe("BitmapTooClose");
    play(roster, { round: 6, attempt: 0, model: "next" });
    expect(answerToPlan(play(roster, { round: 7, attempt: 0 }))).toBe("ModelReplayed");
  });

  it("a second set far enough away is summed, a third never: BitmapsSpent", () => {
    const roster = createRoster(createSeededSuite("two sets"), idsOf(16), 2);
    const eight = (from: number) => ({
      ...roster,
      parties: window(roster.parties, from),
      roster: window(roster.roster, from),
    });
    const subset = (from: number) => {
      const chosen = eight(from);
      return {
        ...chosen,
        parties: [roster.parties[0]!, ...chosen.parties],
        roster: [roster.roster[0]!, ...chosen.roster],
      };
    };
    const sets = [subset(1), subset(8)];
    for (const [attempt, set] of sets.entries()) {
      const played = play(set, { round: 1, attempt });
      expect(lastSigned(played)).toBe(true);
    }
    const third = play(roster, { round: 1, attempt: 2 });
    expect(answerToBitmaps(third)).toBe("BitmapsSpent");
  });

  it("a third roster is refused at the plan when two sets are spent, however far it is: RosterShrunk", () => {
    const roster = createRoster(createSeededSuite("three rosters"), idsOf(24), 2);
    const from = (first: number) => ({
      ...roster,
      parties: [roster.parties[0]!, ...window(roster.parties, first)],
      roster: [roster.roster[0]!, ...window(roster.roster, first)],
    });
    expect([1, 9].map((first, attempt) => lastSigned(play(from(first), { round: 1, attempt })))).toEqual([true, true]);
    expect(answerToPlan(play(from(16), { round: 1, attempt: 2 }))).toBe("RosterShrunk");
    const again = play(from(9), { round: 1, attempt: 3 });
    expect(lastSigned(again)).toBe(true);
  });

  it("a round whose model was left by a later plan signs nothing more: ModelSuperseded", () => {
    const roster = nine("superseded");
    const first = play(roster, { round: 1, attempt: 0 });
    const before = first.messages.get(MessageType.SurvivorBitmaps)!;
    const history = { ...before.state.history, model: new Uint8Array(32).fill(5) };
    const step = stepParty(first.victim.context, { ...before.state, history }, receive(before.message));
    expect(step.effects).toMatchObject([{ type: "refused", refusal: { reason: "ModelSuperseded" } }]);
  });
});

function nine(name: string): MemoryRoster {
  return createRoster(createSeededSuite(name), idsOf(9), 2);
}

/** Eight in a row: windows from 1 and from 8 share one party. */
function window<T>(items: readonly T[], from: number): T[] {
  return items.slice(from, from + 8);
}

interface Play {
  readonly round: number;
  readonly attempt: number;
  readonly model?: string;
  readonly protocol?: Protocol;
  readonly drops?: Record<number, DropStage>;
}

function play(roster: MemoryRoster, { round, attempt, model, protocol, drops }: Play): RecordedRound {
  const setup = aSetup(roster, { round, attempt, ...(protocol !== undefined && { protocol }) });
  return recordRound(roster, setup, aPlan(roster, setup, model ?? "base"), drops ?? {});
}

function answerTo(round: RecordedRound, type: MessageType): string | null {
  const { state, message } = round.messages.get(type)!;
  const refused = stepParty(round.victim.context, state, receive(message)).effects.find(
    (effect) => effect.type === "refused",
  );
  return refused?.refusal.reason ?? null;
}

function answerToBitmaps(round: RecordedRound): string | null {
  return answerTo(round, MessageType.SurvivorBitmaps);
}

function answerToPlan(round: RecordedRound): string | null {
  return answerTo(round, MessageType.Plan);
}

function lastSigned(round: RecordedRound): boolean {
  return round.messages.has(MessageType.UnmaskRequest) && round.messages.has(MessageType.Result);
}

function refusalsOf(round: RecordedRound): (string | null)[] {
  return [...round.messages.keys()]
    .filter((type) => type !== MessageType.Setup)
    .map((type) => answerTo(round, type))
    .filter((reason) => reason !== null);
}

function receive(message: Message) {
  return { type: "receive", message: encodeMessage(message) } as const;
}
