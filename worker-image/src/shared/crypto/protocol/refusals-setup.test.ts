import { type PartyPolicy, Protocol, type RoundSetup, stepParty } from "@tributary/federated";
import { describe, expect, it } from "vitest";
import { enrolledParties } from "./enrolled-parties.ts";
import { createRoster } from "./memory-round.ts";
import { anHonestRound, aSetup, idsOf, signedSetup, twoSegments } from "./round-fixtures.ts";
import { createSeededSuite } from "./seeded-suite.ts";

const roster = createRoster(createSeededSuite("setup refusals"), idsOf(5), 2);
const victim = roster.parties[0]!;
const enrolled = enrolledParties(roster.roster);
const honest = aSetup(roster);
const [first, second, third, fourth, fifth] = roster.roster as [Entry, Entry, Entry, Entry, Entry];
type Entry = RoundSetup["roster"][number];

const strictPolicy: PartyPolicy = { ...victim.context.config.policy, allowUnmasked: false };

describe("a party refuses a setup", () => {
  const table: readonly { given: string; changes: Partial<RoundSetup>; want: string }[] = [
    { given: "of another job", changes: { jobUid: "another" }, want: "JobMismatch" },
    { given: "without masks against its policy", changes: { protocol: Protocol.None }, want: "ProtocolNotAllowed" },
    { given: "without itself", changes: { roster: [second, third, fourth, fifth] }, want: "OwnIdentityMissing" },
    {
      given: "with another identity key under its id",
      changes: { roster: [{ ...first, publicKey: new Uint8Array(32).fill(1) }, second, third, fourth, fifth] },
      want: "OwnIdentityMissing",
    },
    {
      given: "with one party twice",
      changes: { roster: [first, second, third, fourth, { ...fourth, id: 90_000 }] },
      want: "DuplicateKey",
    },
    {
      given: "with a party nobody enrolled",
      changes: { roster: [first, second, third, fourth, { ...fifth, publicKey: new Uint8Array(32).fill(2) }] },
      want: "PartyNotEnrolled",
    },
    {
      given: "that moves a party to another organisation",
      changes: { roster: [first, second, third, fourth, { ...fifth, organisation: "organisation-9" }] },
      want: "PartyNotEnrolled",
    },
    { given: "that asks for one organisation", changes: { minOrganisations: 1 }, want: "MinOrganisationsTooLow" },
    { given: "with a single organisation", changes: { roster: [first, third, fifth] }, want: "TooFewOrganisations" },
    {
      given: "with three organisations asked and two there",
      changes: { minOrganisations: 3 },
      want: "TooFewOrganisations",
    },
    {
      given: "of two parties",
      changes: { roster: [first, second], threshold: 2, minSurvivors: 2 },
      want: "TooFewParties",
    },
    { given: "with fewer parties than survivors", changes: { minSurvivors: 6 }, want: "TooFewParties" },
    { given: "with a threshold of a simple majority", changes: { threshold: 3 }, want: "ThresholdTooLow" },
    { given: "with a threshold above the parties", changes: { threshold: 6 }, want: "ThresholdTooHigh" },
    { given: "with fewer survivors than the threshold", changes: { minSurvivors: 3 }, want: "MinSurvivorsTooLow" },
    { given: "with a sparse graph of five", changes: { neighbours: 4, threshold: 3 }, want: "GraphTooSparse" },
    {
      given: "with a ring the sum overflows",
      changes: { segments: [{ ...twoSegments[0]!, ringBits: 10 }] },
      want: "SegmentTableInvalid",
    },
    {
      given: "with a ring of 11 bits",
      changes: { segments: [{ ...twoSegments[0]!, ringBits: 11 }] },
      want: "SegmentTableInvalid",
    },
    {
      given: "with an empty segment",
      changes: { segments: [{ ...twoSegments[0]!, valueCount: 0 }] },
      want: "SegmentTableInvalid",
    },
    { given: "without segments", changes: { segments: [] }, want: "SegmentTableInvalid" },
  ];

  it.each([
    { given: "two organisations", policy: { allowUnmasked: true, minOrganisations: 2 }, want: "no refusal" },
    {
      given: "three organisations",
      policy: { allowUnmasked: true, minOrganisations: 3 },
      want: "MinOrganisationsTooLow",
    },
  ])("by what its admin asks for at the opening, whatever it was made with: $given", ({ policy, want }) => {
    const event = { type: "open", message: signedSetup(roster, honest), enrolled, policy } as const;
    const [effect] = stepParty(victim.context, victim.state, event).effects;
    expect(effect?.type === "refused" ? effect.refusal.reason : "no refusal").toBe(want);
  });

  it.each(table)("$given: $want", ({ changes, want }) => {
    const message = signedSetup(roster, aSetup(roster, changes));
    const context = { ...victim.context, config: { ...victim.context.config, policy: strictPolicy } };
    const step = stepParty(context, victim.state, { type: "open", message, enrolled });
    expect(step.effects).toMatchObject([{ type: "refused", refusal: { reason: want } }]);
    expect(step.state).toBe(victim.state);
  });

  it("that its aggregator did not sign: SignatureInvalid", () => {
    const message = signedSetup(roster, honest);
    message[message.length - 1]! ^= 1;
    expect(reasonOf(stepParty(victim.context, victim.state, { type: "open", message, enrolled }))).toBe(
      "SignatureInvalid",
    );
  });

  it("that another aggregator signed: SignatureInvalid", () => {
    const stranger = createRoster(createSeededSuite("another hub"), idsOf(5), 2);
    const message = signedSetup(stranger, { ...honest, aggregatorKey: stranger.aggregatorKey });
    expect(reasonOf(stepParty(victim.context, victim.state, { type: "open", message, enrolled }))).toBe(
      "SignatureInvalid",
    );
  });

  it.each([
    { given: "of a worker whose certificate has no data name", name: new Uint8Array(0), want: "PartyNotEnrolled" },
    { given: "of a data name that is cut", name: enrolled[0]!.dataName.slice(1), want: "PartyNotEnrolled" },
    { given: "of two workers on the same data", name: enrolled[0]!.dataName, want: "DuplicateData" },
  ])("$given, but not without masks", ({ name, want }) => {
    const renamed = enrolled.map((worker, rank) => (rank === 3 ? { ...worker, dataName: name } : worker));
    const open = (setup: RoundSetup) =>
      reasonOf(
        stepParty(victim.context, victim.state, {
          type: "open",
          message: signedSetup(roster, setup),
          enrolled: renamed,
        }),
      );
    expect(open(honest)).toBe(want);
    expect(open({ ...honest, protocol: Protocol.None })).toBeNull();
  });

  it("of a sparse graph below the corrected table, and accepts the table's", () => {
    const many = createRoster(createSeededSuite("a hundred"), idsOf(100), 4);
    const all = enrolledParties(many.roster);
    const open = (neighbours: number, threshold: number) => {
      const setup = aSetup(many, { neighbours, threshold, minSurvivors: 70, segments: [twoSegments[1]!] });
      const party = many.parties[0]!;
      return reasonOf(
        stepParty(party.context, party.state, { type: "open", message: signedSetup(many, setup), enrolled: all }),
      );
    };
    expect(open(16, 11)).toBeNull();
    expect(open(16, 10)).toBe("GraphTooSparse");
    expect(open(14, 9)).toBe("GraphTooSparse");
    expect(open(15, 11)).toBe("GraphTooSparse");
  });

  it("of a round that ended, and of one before it: RoundNotIncreasing", () => {
    const round = anHonestRound(createSeededSuite("increasing"), 4);
    const again = signedSetup(round.roster, round.setup);
    const older = signedSetup(round.roster, { ...round.setup, round: 0, attempt: 9 });
    for (const message of [again, older]) {
      const step = stepParty(round.victim.context, round.last, { type: "open", message, enrolled: round.enrolled });
      expect(reasonOf(step)).toBe("RoundNotIncreasing");
    }
    const next = signedSetup(round.roster, { ...round.setup, attempt: 1 });
    expect(
      reasonOf(stepParty(round.victim.context, round.last, { type: "open", message: next, enrolled: round.enrolled })),
    ).toBeNull();
  });

  it("that differs from the open one under the same round and attempt: SetupChanged", () => {
    const opened = stepParty(victim.context, victim.state, {
      type: "open",
      message: signedSetup(roster, honest),
      enrolled,
    });
    const message = signedSetup(roster, { ...honest, contextSha256: new Uint8Array(32).fill(1) });
    expect(reasonOf(stepParty(victim.context, opened.state, { type: "open", message, enrolled }))).toBe("SetupChanged");
  });

  it("that is not one canonical message: MalformedMessage", () => {
    const message = signedSetup(roster, honest);
    const swapped = aSetup(roster, { roster: [second, first, third, fourth, fifth] });
    for (const bytes of [
      message.slice(0, -1),
      Uint8Array.of(...message, 0),
      Uint8Array.of(2, ...message.slice(1)),
      signedSetup(roster, swapped),
    ]) {
      expect(reasonOf(stepParty(victim.context, victim.state, { type: "open", message: bytes, enrolled }))).toBe(
        "MalformedMessage",
      );
    }
  });
});

it("a party answers the same setup with the same keys", () => {
  const event = { type: "open", message: signedSetup(roster, honest), enrolled } as const;
  const opened = stepParty(victim.context, victim.state, event);
  const again = stepParty(victim.context, opened.state, event);
  expect(opened.effects.map((effect) => effect.type)).toEqual(["persist", "send"]);
  expect(again.effects).toEqual(opened.effects.slice(1));
});

function reasonOf({ effects }: ReturnType<typeof stepParty>): string | null {
  const refused = effects.find((effect) => effect.type === "refused");
  if (refused !== undefined) expect(effects).toHaveLength(1);
  return refused?.refusal.reason ?? null;
}
