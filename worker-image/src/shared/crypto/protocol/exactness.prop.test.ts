import {
  type CryptoSuite,
  completeThreshold,
  decodeAggregatorState,
  decodePartyState,
  encodeAggregatorState,
  encodePartyState,
  hasRank,
  Keystream,
  Protocol,
  type RoundSetup,
  SegmentStage,
  type SetupSegment,
} from "@tributary/federated";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRoster, type DropStage, MemoryRound } from "./memory-round.ts";
import { aPlan, aSetup, plainSum } from "./round-fixtures.ts";
import { createSeededSuite } from "./seeded-suite.ts";
import { createSimulatedSuite } from "./simulated-suite.ts";

const stages: readonly DropStage[] = ["Advertise", "ShareBundle", "MaskedInput", "Consistency", "UnmaskAnswer"];
const rings = [8, 10, 12, 16, 20, 24, 28, 32];

interface Case {
  readonly seed: string;
  readonly protocol: Protocol;
  readonly keystream: Keystream;
  readonly ids: readonly number[];
  readonly drops: readonly (DropStage | null)[];
  readonly segments: readonly SetupSegment[];
  readonly restarts: boolean;
}

/** Rounds of some number of parties; nine in ten lose no more of them than the threshold allows, and one if it allows any. */
function aCaseOf(parties: fc.Arbitrary<number>): fc.Arbitrary<Case> {
  return parties.chain((count) =>
    fc.record({
      seed: fc.string({ minLength: 1, maxLength: 8 }),
      protocol: fc.constantFrom(Protocol.Masking, Protocol.Masking, Protocol.Masking, Protocol.None),
      keystream: fc.constantFrom(Keystream.Aes256Ctr, Keystream.ChaCha20),
      ids: fc
        .uniqueArray(fc.nat(0xffff_ffff), { minLength: count, maxLength: count })
        .map((ids) => ids.sort((a, b) => a - b)),
      drops: fc.oneof(
        { weight: 9, arbitrary: dropsOf(count, count - completeThreshold(count)) },
        { weight: 1, arbitrary: dropsOf(count, count) },
      ),
      segments: fc.uniqueArray(aSegment(count), { minLength: 1, maxLength: 2, selector: (segment) => segment.id }),
      restarts: fc.integer({ min: 0, max: 3 }).map((one) => one === 0),
    }),
  );
}

/** The stages at which one to `most` parties drop out, by rank. */
function dropsOf(parties: number, most: number): fc.Arbitrary<readonly (DropStage | null)[]> {
  const ranks = fc.shuffledSubarray(
    Array.from({ length: parties }, (_, rank) => rank),
    { minLength: Math.min(1, most), maxLength: most },
  );
  const stage = fc.array(fc.constantFrom(...stages), { minLength: parties, maxLength: parties });
  return fc
    .tuple(ranks, stage)
    .map(([gone, at]) => at.map((dropStage, rank) => (gone.includes(rank) ? dropStage : null)));
}

/** `make check` runs the first part of the large property alone. */
const parts = process.env.TRIBUTARY_QUICK === undefined ? 10 : 1;

/** Generous: the machine may be busy with something else. */
const timeoutMs = 300_000;

describe("for any roster, ring and drop-outs, the opened sum is the integer sum of its survivors or nothing is opened", () => {
  it.each(Array.from({ length: parts }, (_, part) => ({ part: part + 1 })))(
    "1,000 rounds with simulated signatures, part $part of 10",
    ({ part }) => {
      const opened: Case[] = [];
      fc.assert(
        fc.property(aCaseOf(fc.constantFrom(3, 4, 4, 4, 4, 5, 7)), (given) => {
          if (checkRound(createSimulatedSuite(given.seed), given)) opened.push(given);
        }),
        { numRuns: 1000, seed: part },
      );
      expect(opened.length).toBeGreaterThan(850);
      for (const stage of stages) {
        expect(opened.filter(({ drops }) => drops.includes(stage)).length, stage).toBeGreaterThan(100);
      }
    },
    timeoutMs,
  );

  it(
    "30 rounds of 8 to 64 parties",
    () => {
      let opened = 0;
      fc.assert(
        fc.property(aCaseOf(fc.integer({ min: 8, max: 64 })), (given) => {
          if (checkRound(createSimulatedSuite(given.seed), given)) opened++;
        }),
        { numRuns: 30, seed: 12 },
      );
      expect(opened).toBeGreaterThan(15);
    },
    timeoutMs,
  );

  it(
    "100 rounds with real cryptography",
    () => {
      let opened = 0;
      fc.assert(
        fc.property(aCaseOf(fc.constantFrom(3, 4, 5)), (given) => {
          if (checkRound(createSeededSuite(given.seed), given)) opened++;
        }),
        { numRuns: 100, seed: 11 },
      );
      expect(opened).toBeGreaterThan(60);
    },
    timeoutMs,
  );
});

/** Plays a round and says whether every segment was opened. */
function checkRound(crypto: CryptoSuite, given: Case): boolean {
  const roster = createRoster(crypto, given.ids, 2);
  const { protocol, keystream, segments } = given;
  const setup = aSetup(roster, { protocol, keystream, segments });
  roster.parties.forEach((party, rank) => {
    party.dropAt = given.drops[rank]!;
    party.values = valuesOf(crypto, setup, rank);
  });
  const round = new MemoryRound(roster.aggregator, setup, aPlan(roster, setup), roster.parties);
  if (given.restarts) round.onPersist = (who) => restart(round, roster.parties, who, setup);
  const outcome = round.run();

  expect(outcome.refusals).toEqual([]);
  for (const result of outcome.results ?? []) {
    if (result.opened === null) continue;
    const survivors = roster.parties.filter((_, rank) => hasRank(result.opened!.bitmap, rank));
    const segment = setup.segments.find(({ id }) => id === result.segment)!;
    expect(outcome.sums.get(result.segment)).toEqual(plainSum(survivors, segment));
    expect(survivors.length).toBeGreaterThanOrEqual(setup.minSurvivors);
  }
  const isOpened = outcome.results?.every((result) => result.opened !== null) ?? false;
  if (hasEnough(given, setup)) expect(isOpened).toBe(true);
  return isOpened;
}

/** Enough parties live to the end, of both organisations: then every segment must open. */
function hasEnough({ drops }: Case, setup: RoundSetup): boolean {
  const ranks = drops.flatMap((drop, rank) => (drop === null ? [rank] : []));
  return ranks.length >= setup.minSurvivors && new Set(ranks.map((rank) => rank % 2)).size === 2;
}

function restart(
  round: MemoryRound,
  parties: ReturnType<typeof createRoster>["parties"],
  who: number | "aggregator",
  setup: RoundSetup,
): void {
  const party = parties.find(({ id }) => id === who);
  if (party !== undefined) party.state = decodePartyState(encodePartyState(party.state));
  // Segments that are not announced are uploaded again after a restart, which this driver does not play.
  if (who !== "aggregator" || setup.segments.length > 1) return;
  // What is repeated just before the commit would meet parties that have closed the round: restarted-aggregator.test.ts restarts there.
  if (round.aggregator.segments.every(({ stage }) => stage === SegmentStage.Opened || stage === SegmentStage.Empty))
    return;
  round.aggregator = decodeAggregatorState(encodeAggregatorState(round.aggregator));
  round.tell({ type: "resume" });
}

function aSegment(parties: number): fc.Arbitrary<SetupSegment> {
  const carry = Math.ceil(Math.log2(parties));
  return fc.constantFrom(...rings).chain((ringBits) =>
    fc.record({
      id: fc.nat(0xffff_ffff),
      valueCount: fc.integer({ min: 1, max: 20 }),
      valueBits: fc.integer({ min: 2, max: ringBits - carry }),
      ringBits: fc.constant(ringBits),
    }),
  );
}

/** Uniform values up to the bound of the value bits, with the bound itself first. */
function valuesOf(crypto: CryptoSuite, setup: RoundSetup, rank: number): Map<number, Int32Array> {
  return new Map(
    setup.segments.map(({ id, valueCount, valueBits }) => {
      const largest = 2 ** (valueBits - 1) - 1;
      const random = new DataView(crypto.randomBytes(4 * valueCount).buffer);
      const value = (j: number) =>
        j === 0 ? (rank % 2 === 0 ? largest : -largest) : (random.getUint32(4 * j) % (2 * largest + 1)) - largest;
      return [id, Int32Array.from({ length: valueCount }, (_, j) => value(j))];
    }),
  );
}
