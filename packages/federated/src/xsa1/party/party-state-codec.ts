import { requireArgument } from "../../errors.ts";
import { ByteReader, ByteWriter } from "../bytes.ts";
import { encodePlan, readPlan } from "../plan.ts";
import { encodeSetup, readSetup } from "../setup.ts";
import type { AcceptedKeys, AcceptedShares, PartyRound, PartyState, SegmentProgress } from "./party-state.ts";
import { DATA_NAME_BYTES, type SumHistory } from "./sum-history.ts";

const STATE_VERSION = 2;

/** The canonical bytes of a party's state; they hold its secrets. */
export function encodePartyState(state: PartyState): Uint8Array {
  const writer = new ByteWriter().u8(STATE_VERSION);
  writeHistory(state.history, writer);
  return writer.list(state.rounds, writeRound).finish();
}

/** The state of {@link encodePartyState}'s bytes; throws ArgumentError for bytes of another version or with a tail. */
export function decodePartyState(bytes: Uint8Array): PartyState {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  requireArgument(version === STATE_VERSION, "version", version, `${STATE_VERSION}`);
  const state = { history: readHistory(reader), rounds: reader.list(readRound) };
  reader.end();
  return state;
}

function writeHistory(history: SumHistory, writer: ByteWriter): void {
  writer.optional(history.lastRound, (last) => writer.u64(last.round).u32(last.attempt));
  writer.optional(history.model, (model) => writer.fixed(model));
  writer.blob(history.leftModels);
  writer.list(history.survivorSets, (set) => writer.blob(set));
  writer.list(history.signed, ([segment, places]) => writer.u32(segment).list(places, (place) => writer.u32(place)));
}

function readHistory(reader: ByteReader): SumHistory {
  return {
    lastRound: reader.optional(() => ({ round: reader.u64(), attempt: reader.u32() })),
    model: reader.optional(() => reader.fixed(32)),
    leftModels: reader.blob(),
    survivorSets: reader.list(() => reader.blob()),
    signed: new Map(reader.list(() => [reader.u32(), reader.list(() => reader.u32())] as const)),
  };
}

function writeRound(round: PartyRound, writer: ByteWriter): void {
  writer.fixed(encodeSetup(round.setup)).fixed(round.setupDigest).u32(round.party);
  writer.list(round.dataNames, (name) => writer.fixed(name)).fixed(round.seed);
  writer.optional(round.keys, writeKeys);
  writer.optional(round.shares, writeShares);
  writer.optional(round.plan, ({ plan, digest }) => writer.fixed(encodePlan(plan)).fixed(digest));
  writer.list(round.progress, writeProgress);
}

function readRound(reader: ByteReader): PartyRound {
  return {
    setup: readSetup(reader),
    setupDigest: reader.fixed(32),
    party: reader.u32(),
    dataNames: reader.list(() => reader.fixed(DATA_NAME_BYTES)),
    seed: reader.fixed(32),
    keys: reader.optional(readKeys),
    shares: reader.optional(readShares),
    plan: reader.optional(() => ({ plan: readPlan(reader), digest: reader.fixed(32) })),
    progress: reader.list(readProgress),
  };
}

function writeKeys(keys: AcceptedKeys, writer: ByteWriter): void {
  writer.fixed(keys.digest).list(keys.members, (member) => writer.u32(member));
  writer.list(keys.peers, ([party, peer]) => writer.u32(party).blob(peer.shareKey).blob(peer.maskKeys));
}

function readKeys(reader: ByteReader): AcceptedKeys {
  return {
    digest: reader.fixed(32),
    members: reader.list(() => reader.u32()),
    peers: new Map(reader.list(() => [reader.u32(), { shareKey: reader.blob(), maskKeys: reader.blob() }] as const)),
  };
}

function writeShares(shares: AcceptedShares, writer: ByteWriter): void {
  writer.blob(shares.senders).list(shares.sealed, ([party, bytes]) => writer.u32(party).blob(bytes));
}

function readShares(reader: ByteReader): AcceptedShares {
  return { senders: reader.blob(), sealed: new Map(reader.list(() => [reader.u32(), reader.blob()] as const)) };
}

function writeProgress(progress: SegmentProgress, writer: ByteWriter): void {
  writer.optional(progress.plainSha256, (digest) => writer.fixed(digest));
  writer.optional(progress.stored, (stored) => writer.fixed(stored.sha256).u64(stored.sizeBytes));
  writer.optional(progress.bitmap, (bitmap) => writer.blob(bitmap));
}

function readProgress(reader: ByteReader): SegmentProgress {
  return {
    plainSha256: reader.optional(() => reader.fixed(32)),
    stored: reader.optional(() => ({ sha256: reader.fixed(32), sizeBytes: reader.u64() })),
    bitmap: reader.optional(() => reader.blob()),
  };
}
