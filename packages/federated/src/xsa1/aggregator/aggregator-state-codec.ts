import { requireArgument } from "../../errors.ts";
import { ByteReader, ByteWriter } from "../bytes.ts";
import { encodePlan, readPlan } from "../plan.ts";
import { encodeSetup, readSetup } from "../setup.ts";
import {
  type AggregatorState,
  type Bundle,
  emptySegment,
  type GivenShare,
  isCollected,
  RoundStage,
  SegmentStage,
  type SegmentState,
} from "./aggregator-state.ts";

const STATE_VERSION = 1;
const ROUND_STAGES = Object.values(RoundStage);
const SEGMENT_STAGES = Object.values(SegmentStage);

/**
 * The canonical bytes of what must outlive a crash: keys, commitments, survivors and how far each announced segment is.
 *
 * Left out: sealed shares (their receivers have them) and segments whose survivors are not announced (they are uploaded again).
 */
export function encodeAggregatorState(state: AggregatorState): Uint8Array {
  return new ByteWriter()
    .u8(STATE_VERSION)
    .fixed(encodeSetup(state.setup))
    .fixed(state.setupDigest)
    .u8(ROUND_STAGES.indexOf(state.stage))
    .optional(state.plan, ({ plan, digest }, writer) => writer.fixed(encodePlan(plan)).fixed(digest))
    .list(state.advertised, ([party, bytes], writer) => writer.u32(party).blob(bytes))
    .optional(state.keys, (keys, writer) => writer.fixed(keys.digest).list(keys.members, (party) => writer.u32(party)))
    .list(state.bundles, ([party, bundle], writer) => writer.u32(party).blob(bundle.commitments))
    .optional(state.senders, (senders, writer) => writer.blob(senders))
    .list(state.segments, writeSegment)
    .finish();
}

/** The state of {@link encodeAggregatorState}'s bytes; throws ArgumentError for bytes of another version or with a tail. */
export function decodeAggregatorState(bytes: Uint8Array): AggregatorState {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  requireArgument(version === STATE_VERSION, "version", version, `${STATE_VERSION}`);
  const state: AggregatorState = {
    setup: readSetup(reader),
    setupDigest: reader.fixed(32),
    stage: stageAt(ROUND_STAGES, reader.u8()),
    plan: reader.optional(() => ({ plan: readPlan(reader), digest: reader.fixed(32) })),
    advertised: new Map(reader.list(() => [reader.u32(), reader.blob()] as const)),
    keys: reader.optional(() => ({ digest: reader.fixed(32), members: reader.list(() => reader.u32()) })),
    bundles: new Map(reader.list(() => [reader.u32(), readBundle(reader)] as const)),
    senders: reader.optional(() => reader.blob()),
    segments: reader.list(readSegment),
  };
  reader.end();
  return state;
}

function writeSegment(segment: SegmentState, writer: ByteWriter): void {
  const kept = isCollected(segment) ? segment : emptySegment();
  writer.u8(SEGMENT_STAGES.indexOf(kept.stage));
  writer.optional(kept.survivors, (survivors) => writer.blob(survivors));
  writer.optional(kept.sumSha256, (digest) => writer.fixed(digest));
  writer.list(kept.signatures, ([party, signature]) => writer.u32(party).fixed(signature));
  writer.list(kept.answers, ([party, shares]) =>
    writer.u32(party).list(shares, ({ owner, kind, share }) => writer.u32(owner).u8(kind).fixed(share)),
  );
}

function readSegment(reader: ByteReader): SegmentState {
  return {
    ...emptySegment(),
    stage: stageAt(SEGMENT_STAGES, reader.u8()),
    survivors: reader.optional(() => reader.blob()),
    sumSha256: reader.optional(() => reader.fixed(32)),
    signatures: new Map(reader.list(() => [reader.u32(), reader.fixed(64)] as const)),
    answers: new Map(reader.list(() => [reader.u32(), reader.list(readShare)] as const)),
  };
}

function readShare(reader: ByteReader): GivenShare {
  return { owner: reader.u32(), kind: reader.u8() as GivenShare["kind"], share: reader.fixed(32) };
}

function readBundle(reader: ByteReader): Bundle {
  return { commitments: reader.blob(), sealed: new Map() };
}

function stageAt<T>(stages: readonly T[], place: number): T {
  requireArgument(place < stages.length, "stage", place, `below ${stages.length}`);
  return stages[place]!;
}
