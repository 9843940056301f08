import { completeThreshold, Keystream, Protocol, type RoundPlan, type RoundSetup } from "@tributary/federated";
import { describe, expect, it } from "vitest";
import { createRoster, type DropStage, type MemoryParty, type MemoryRoster, MemoryRound } from "./memory-round.ts";
import { createSeededSuite } from "./seeded-suite.ts";

const segments = [
  { id: 7, valueCount: 19, valueBits: 8, ringBits: 12 },
  { id: 9, valueCount: 3, valueBits: 16, ringBits: 32 },
];

describe("a round in memory", () => {
  const table: readonly { given: string; protocol: Protocol; parties: number; drops: Record<number, DropStage> }[] = [
    { given: "three parties with masks", protocol: Protocol.Masking, parties: 3, drops: {} },
    { given: "a drop-out before keys", protocol: Protocol.Masking, parties: 5, drops: { 1: "Advertise" } },
    { given: "a drop-out before shares", protocol: Protocol.Masking, parties: 5, drops: { 0: "ShareBundle" } },
    {
      given: "a drop-out before its input counts",
      protocol: Protocol.Masking,
      parties: 5,
      drops: { 4: "MaskedInput" },
    },
    { given: "a drop-out before signing", protocol: Protocol.Masking, parties: 5, drops: { 2: "Consistency" } },
    { given: "a drop-out before unmasking", protocol: Protocol.Masking, parties: 5, drops: { 3: "UnmaskAnswer" } },
    { given: "two parties without masks", protocol: Protocol.None, parties: 2, drops: {} },
    { given: "a drop-out without masks", protocol: Protocol.None, parties: 3, drops: { 2: "MaskedInput" } },
  ];

  it.each(table)("opens exactly the sum of the survivors: $given", ({ given, protocol, parties, drops }) => {
    const roster = createRoster(createSeededSuite(given), idsOf(parties), 2);
    const { setup, plan } = aRound(roster, protocol);
    roster.parties.forEach((party, rank) => {
      party.values = valuesOf(rank);
      party.dropAt = drops[rank] ?? null;
    });
    const outcome = new MemoryRound(roster.aggregator, setup, plan, roster.parties).run();

    expect(outcome.refusals).toEqual([]);
    const included = roster.parties.filter((_, rank) => isIncluded(drops[rank]));
    for (const { id } of segments) expect(outcome.sums.get(id)).toEqual(sumOf(included, id));
  });
});

/** A drop-out that signs its input is part of the sum whatever it does later. */
function isIncluded(drop: DropStage | undefined): boolean {
  return drop === undefined || drop === "Consistency" || drop === "UnmaskAnswer";
}

function idsOf(parties: number): number[] {
  return Array.from({ length: parties }, (_, rank) => 70_000 + 11 * rank);
}

function valuesOf(rank: number): Map<number, Int32Array> {
  return new Map(
    segments.map(({ id, valueCount }) => [
      id,
      Int32Array.from({ length: valueCount }, (_, j) => ((37 * rank + 11 * j) % 255) - 127),
    ]),
  );
}

function sumOf(parties: readonly MemoryParty[], segment: number): Int32Array {
  const { valueCount } = segments.find(({ id }) => id === segment)!;
  return Int32Array.from({ length: valueCount }, (_, j) =>
    parties.reduce((sum, party) => sum + party.values.get(segment)![j]!, 0),
  );
}

function aRound(roster: MemoryRoster, protocol: Protocol): { setup: RoundSetup; plan: RoundPlan } {
  const threshold = protocol === Protocol.Masking ? completeThreshold(roster.parties.length) : 1;
  const setup: RoundSetup = {
    protocol,
    keystream: Keystream.Aes256Ctr,
    jobUid: roster.jobUid,
    round: 1,
    attempt: 0,
    aggregatorKey: roster.aggregatorKey,
    contextSha256: new Uint8Array(32),
    minOrganisations: 2,
    threshold,
    minSurvivors: Math.max(threshold, protocol === Protocol.Masking ? 3 : 1),
    neighbours: 0,
    roster: roster.roster,
    segments,
  };
  return { setup, plan: { modelSha256: roster.crypto.sha256(new Uint8Array(1)), stepExponents: [[-20], [-4]] } };
}
