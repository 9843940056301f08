import { requireArgument } from "../errors.ts";
import { type ByteReader, ByteWriter, utf8 } from "./bytes.ts";
import type { CryptoSuite } from "./crypto-suite.ts";
import { Keystream } from "./crypto-suite.ts";

/** `None` is `Masking` without masks, keys and shares: the same messages, stages, digests and survivor rules. */
export const Protocol = { None: 0, Masking: 1 } as const;
/** One of the values of {@link Protocol}. */
export type Protocol = (typeof Protocol)[keyof typeof Protocol];

/** One party of a round. */
export interface RosterEntry {
  /** u32, unique in the round. */
  readonly id: number;
  /** The organisation that `minOrganisations` counts; 1 to 255 bytes of UTF-8. */
  readonly organisation: string;
  /** Ed25519 key its worker was enrolled with, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** SHA-256 of its worker certificate (DER), 32 bytes. */
  readonly certificateSha256: Uint8Array;
}

/** One contiguous range of the report: an instance of secure aggregation with keys of its own. */
export interface SetupSegment {
  /** u32, unique in the round. */
  readonly id: number;
  /** Values in it, at least 1. */
  readonly valueCount: number;
  /** Bits of one party's signed value; |q| <= 2^(valueBits-1) - 1. */
  readonly valueBits: number;
  /** Bits b of the ring Z_2^b on the wire. */
  readonly ringBits: number;
}

/** What all parties of a round agree on before keys are advertised; nothing of it depends on the round before. */
export interface RoundSetup {
  readonly protocol: Protocol;
  readonly keystream: Keystream;
  /** Kubernetes uid of the job, 1 to 255 bytes. */
  readonly jobUid: string;
  readonly round: number;
  readonly attempt: number;
  /** Ed25519 key the aggregator signs with, 32 bytes. */
  readonly aggregatorKey: Uint8Array;
  /** SHA-256 of whatever else the parties must agree on (hyperparameters, clip norm, noise), 32 bytes. */
  readonly contextSha256: Uint8Array;
  /** Organisations a sum must hold. */
  readonly minOrganisations: number;
  /** Shares that open a secret, t. */
  readonly threshold: number;
  /** Parties a sum must hold, at least max(3, threshold) with masks. */
  readonly minSurvivors: number;
  /** Neighbours k of a party in the mask graph; 0 means all others. */
  readonly neighbours: number;
  /** Ascending by id. */
  readonly roster: readonly RosterEntry[];
  /** In the order of the report. */
  readonly segments: readonly SetupSegment[];
}

/** Bytes of one party's masked segment: groups of eight values, each `ringBits` bytes. */
export function segmentSizeBytes(segment: SetupSegment): number {
  return Math.ceil(segment.valueCount / 8) * segment.ringBits;
}

/** The canonical bytes of a setup, without its signature: `docs/reference/xsa1.md` §2. */
export function encodeSetup(setup: RoundSetup): Uint8Array {
  return new ByteWriter()
    .u8(setup.protocol)
    .u8(setup.keystream)
    .text(setup.jobUid)
    .u64(setup.round)
    .u32(setup.attempt)
    .fixed(setup.aggregatorKey)
    .fixed(setup.contextSha256)
    .u16(setup.minOrganisations)
    .u32(setup.threshold)
    .u32(setup.minSurvivors)
    .u32(setup.neighbours)
    .list(setup.roster, (party, writer) =>
      writer.u32(party.id).text(party.organisation).fixed(party.publicKey).fixed(party.certificateSha256),
    )
    .list(setup.segments, (segment, writer) =>
      writer.u32(segment.id).u32(segment.valueCount).u8(segment.valueBits).u8(segment.ringBits),
    )
    .finish();
}

/** Reads a setup from where `reader` stands; throws ArgumentError for what is not canonical. */
export function readSetup(reader: ByteReader): RoundSetup {
  const setup: RoundSetup = {
    protocol: oneOf("protocol", reader.u8(), Protocol),
    keystream: oneOf("keystream", reader.u8(), Keystream),
    jobUid: reader.text(),
    round: reader.u64(),
    attempt: reader.u32(),
    aggregatorKey: reader.fixed(32),
    contextSha256: reader.fixed(32),
    minOrganisations: reader.u16(),
    threshold: reader.u32(),
    minSurvivors: reader.u32(),
    neighbours: reader.u32(),
    roster: reader.list((item) => ({
      id: item.u32(),
      organisation: item.text(),
      publicKey: item.fixed(32),
      certificateSha256: item.fixed(32),
    })),
    segments: reader.list((item) => ({
      id: item.u32(),
      valueCount: item.u32(),
      valueBits: item.u8(),
      ringBits: item.u8(),
    })),
  };
  const ids = setup.roster.map((party) => party.id);
  requireArgument(isAscending(ids), "roster", ids, "ascending by id, each once");
  const segmentIds = setup.segments.map((segment) => segment.id);
  requireArgument(new Set(segmentIds).size === segmentIds.length, "segments", segmentIds, "each id once");
  return setup;
}

/** `SHA256("xsa1/setup" ‖ canonical setup)`: what keys, shares and their signatures are bound to. */
export function setupDigest(crypto: CryptoSuite, setup: RoundSetup): Uint8Array {
  return crypto.sha256(utf8("xsa1/setup"), encodeSetup(setup));
}

/** True when each number is greater than the one before. */
export function isAscending(values: readonly number[]): boolean {
  return values.every((value, index) => index === 0 || value > values[index - 1]!);
}

function oneOf<T extends number>(name: string, value: number, values: Readonly<Record<string, T>>): T {
  requireArgument(
    Object.values(values).includes(value as T),
    name,
    value,
    `one of ${Object.values(values).join(", ")}`,
  );
  return value as T;
}
