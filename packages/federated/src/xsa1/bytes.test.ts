import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AggregatorState, emptySegment, RoundStage, SegmentStage } from "./aggregator/aggregator-state.ts";
import { decodeAggregatorState, encodeAggregatorState } from "./aggregator/aggregator-state-codec.ts";
import { bitmapOf, hasRank, isCanonicalBitmap, isSubset, ranksOf } from "./bitmap.ts";
import { ByteReader, ByteWriter, fromHex, toHex } from "./bytes.ts";
import { Keystream } from "./crypto-suite.ts";
import { ShareKind } from "./messages.ts";
import { Protocol, type RoundSetup } from "./setup.ts";

describe("canonical bytes", () => {
  it("read back what was written", () => {
    const fields = fc.record({
      small: fc.nat(0xff),
      short: fc.nat(0xffff),
      signed: fc.integer({ min: -0x8000, max: 0x7fff }),
      word: fc.nat(0xffff_ffff),
      long: fc.maxSafeNat(),
      blob: fc.uint8Array(),
      text: fc.string({ maxLength: 60 }),
      list: fc.array(fc.nat(0xff)),
      maybe: fc.option(fc.nat(0xff)),
    });
    fc.assert(
      fc.property(fields, (given) => {
        const writer = new ByteWriter()
          .u8(given.small)
          .u16(given.short)
          .i16(given.signed)
          .u32(given.word)
          .u64(given.long);
        writer.blob(given.blob).text(given.text);
        writer.list(given.list, (item) => writer.u8(item)).optional(given.maybe, (value) => writer.u8(value));
        const reader = new ByteReader(writer.finish());
        const read = {
          small: reader.u8(),
          short: reader.u16(),
          signed: reader.i16(),
          word: reader.u32(),
          long: reader.u64(),
          blob: reader.blob(),
          text: reader.text(),
          list: reader.list(() => reader.u8()),
          maybe: reader.optional(() => reader.u8()),
        };
        reader.end();
        expect(read).toEqual(given);
        expect(fromHex(toHex(given.blob))).toEqual(given.blob);
      }),
    );
  });

  it("keep a byte order mark: no two encodings are one text", () => {
    const marked = fromHex("04efbbbf61");
    const text = new ByteReader(marked).text();
    expect(text).not.toBe(new ByteReader(fromHex("0161")).text());
    expect(new ByteWriter().text(text).finish()).toEqual(marked);
  });

  const table: readonly { given: string; act: () => unknown; want: string }[] = [
    { given: "bytes that end early", act: () => new ByteReader(new Uint8Array(3)).u32(), want: "must be at least" },
    {
      given: "a count beyond the bytes",
      act: () => new ByteReader(fromHex("ffffffff")).list(() => 0),
      want: "count is 4294967295",
    },
    {
      given: "a flag of 2",
      act: () => new ByteReader(fromHex("02")).optional(() => 0),
      want: "flag is 2, must be 0 or 1",
    },
    { given: "text that is not UTF-8", act: () => new ByteReader(fromHex("01ff")).text(), want: "valid UTF-8" },
    {
      given: "a number above 2^53 - 1",
      act: () => new ByteReader(fromHex("0020000000000000")).u64(),
      want: "at most 2^53 - 1",
    },
    { given: "a tail", act: () => new ByteReader(fromHex("00")).end(), want: "no byte after the last field" },
    { given: "a byte of 256", act: () => new ByteWriter().u8(256), want: "u8 is 256" },
    { given: "odd hexadecimal text", act: () => fromHex("abc"), want: "pairs of hexadecimal digits" },
  ];

  it.each(table)("refuse $given", ({ act, want }) => {
    expect(act).toThrow(want);
  });
});

describe("bitmaps", () => {
  it("hold exactly their ranks", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(70)), (ranks) => {
        const bitmap = bitmapOf(ranks, 71);
        expect(ranksOf(bitmap)).toEqual(ranks.toSorted((a, b) => a - b));
        expect(isCanonicalBitmap(bitmap, 71)).toBe(true);
        expect(isSubset(bitmap, bitmapOf([...ranks, 3], 71))).toBe(true);
        expect(isSubset(bitmapOf([...ranks, 3], 71), bitmap)).toBe(ranks.includes(3));
      }),
    );
  });

  it("have one encoding: least significant bit first, no bit beyond the roster", () => {
    expect(bitmapOf([0, 9], 10)).toEqual(Uint8Array.of(1, 2));
    expect(hasRank(Uint8Array.of(1, 2), 9)).toBe(true);
    expect(hasRank(Uint8Array.of(1, 2), 16)).toBe(false);
    expect(isCanonicalBitmap(Uint8Array.of(1, 4), 10)).toBe(false);
    expect(isCanonicalBitmap(Uint8Array.of(1), 10)).toBe(false);
    expect(isCanonicalBitmap(Uint8Array.of(255), 8)).toBe(true);
  });
});

it("the state of a round with 257 parties and 64 segments is written whole", () => {
  const parties = Array.from({ length: 257 }, (_, index) => index + 1);
  const zeros = (length: number) => new Uint8Array(length);
  const shares = parties.map((owner) => ({ owner, kind: ShareKind.SelfSeed, share: zeros(32) }));
  const segment = {
    ...emptySegment(),
    stage: SegmentStage.Unmasking,
    survivors: zeros(33),
    sumSha256: zeros(32),
    signatures: new Map(parties.map((party) => [party, zeros(64)])),
    answers: new Map(parties.map((party) => [party, shares])),
  };
  const setup: RoundSetup = {
    protocol: Protocol.Masking,
    keystream: Keystream.Aes256Ctr,
    jobUid: "job",
    round: 1,
    attempt: 1,
    aggregatorKey: zeros(32),
    contextSha256: zeros(32),
    minOrganisations: 1,
    threshold: 3,
    minSurvivors: 3,
    neighbours: 0,
    roster: parties.map((id) => ({ id, organisation: "o", publicKey: zeros(32), certificateSha256: zeros(32) })),
    segments: Array.from({ length: 64 }, (_, id) => ({ id, valueCount: 8, valueBits: 16, ringBits: 24 })),
  };
  const state: AggregatorState = {
    setup,
    setupDigest: zeros(32),
    stage: RoundStage.Collecting,
    plan: { plan: { modelSha256: zeros(32), stepExponents: setup.segments.map(() => [0]) }, digest: zeros(32) },
    advertised: new Map(),
    keys: null,
    bundles: new Map(),
    senders: null,
    segments: setup.segments.map(() => segment),
  };
  const bytes = encodeAggregatorState(state);
  const answerBytes = 257 * (4 + 4 + 257 * 37);
  expect(bytes.length).toBeGreaterThan(64 * answerBytes);
  expect(bytes.length).toBeLessThan(64 * (answerBytes + 257 * 68 + 200) + 257 * 100);
  const unanswered = { ...state, segments: state.segments.map((one) => ({ ...one, answers: new Map() })) };
  expect(decodeAggregatorState(encodeAggregatorState(unanswered))).toEqual(unanswered);
});
