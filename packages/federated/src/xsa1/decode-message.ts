import { requireArgument } from "../errors.ts";
import { ByteReader } from "./bytes.ts";
import { WIRE_VERSION } from "./encode-message.ts";
import { type Message, MessageType, type SegmentResult, ShareKind } from "./messages.ts";
import { readPlan } from "./plan.ts";
import { isAscending, readSetup } from "./setup.ts";

/**
 * The message of {@link encodeMessage}'s bytes.
 *
 * @throws ArgumentError for anything but one canonical message: wrong version, a tail, a list that is not ascending by party.
 */
export function decodeMessage(bytes: Uint8Array): Message {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  requireArgument(version === WIRE_VERSION, "version", version, `${WIRE_VERSION}`);
  const message = readFields(reader.u8(), reader);
  reader.end();
  return message;
}

/** Reads how one segment ended. */
export function readSegmentResult(reader: ByteReader): SegmentResult {
  return {
    segment: reader.u32(),
    opened: reader.optional(() => ({ bitmap: reader.blob(), sumSha256: reader.fixed(32) })),
  };
}

function readFields(type: number, reader: ByteReader): Message {
  switch (type) {
    case MessageType.Setup:
      return { type, setup: readSetup(reader), signature: reader.fixed(64) };
    case MessageType.Advertise:
      return {
        type,
        setupDigest: reader.fixed(32),
        party: reader.u32(),
        shareKey: reader.blob(),
        maskKeys: reader.blob(),
        signature: reader.fixed(64),
      };
    case MessageType.KeyList:
      return {
        type,
        setupDigest: reader.fixed(32),
        members: byParty(reader.list(() => ({ party: reader.u32(), sha256: reader.fixed(32) }))),
        advertised: reader.list(() => reader.blob()),
      };
    case MessageType.ShareBundle:
      return {
        type,
        setupDigest: reader.fixed(32),
        party: reader.u32(),
        commitments: reader.blob(),
        sealed: readSealed(reader),
        signature: reader.fixed(64),
      };
    case MessageType.ShareDelivery:
      return { type, setupDigest: reader.fixed(32), senders: reader.blob(), sealed: readSealed(reader) };
    case MessageType.Plan:
      return { type, setupDigest: reader.fixed(32), plan: readPlan(reader), signature: reader.fixed(64) };
    default:
      return readPlannedFields(type, reader);
  }
}

function readPlannedFields(type: number, reader: ByteReader): Message {
  const planDigest = reader.fixed(32);
  switch (type) {
    case MessageType.MaskedInput:
      return {
        type,
        planDigest,
        party: reader.u32(),
        segment: reader.u32(),
        sha256: reader.fixed(32),
        sizeBytes: reader.u64(),
        signature: reader.fixed(64),
      };
    case MessageType.SurvivorBitmaps:
      return {
        type,
        planDigest,
        bitmaps: bySegment(reader.list(() => ({ segment: reader.u32(), bitmap: reader.blob() }))),
      };
    case MessageType.Consistency: {
      const party = reader.u32();
      const signatures = bySegment(reader.list(() => ({ segment: reader.u32(), signature: reader.fixed(64) })));
      return { type, planDigest, party, signatures };
    }
    case MessageType.UnmaskRequest:
      return { type, planDigest, segments: bySegment(reader.list(() => readSignedBitmap(reader))) };
    case MessageType.UnmaskAnswer: {
      const party = reader.u32();
      const segments = bySegment(reader.list(() => readAnsweredSegment(reader)));
      return { type, planDigest, party, segments, signature: reader.fixed(64) };
    }
    case MessageType.Result:
      return { type, planDigest, segments: bySegment(reader.list(readSegmentResult)), signature: reader.fixed(64) };
    default:
      requireArgument(false, "type", type, "a message type of XSA1");
  }
}

function readSealed(reader: ByteReader) {
  return byParty(reader.list(() => ({ party: reader.u32(), bytes: reader.blob() })));
}

function readSignedBitmap(reader: ByteReader) {
  const segment = reader.u32();
  const bitmap = reader.blob();
  return {
    segment,
    bitmap,
    signatures: byParty(reader.list(() => ({ party: reader.u32(), signature: reader.fixed(64) }))),
  };
}

function readAnsweredSegment(reader: ByteReader) {
  const segment = reader.u32();
  const shares = reader.list(() => ({ owner: reader.u32(), kind: readShareKind(reader), share: reader.fixed(32) }));
  const owners = shares.map((share) => share.owner);
  requireArgument(isAscending(owners), "shares", owners, "ascending by owner, one share each");
  return { segment, shares };
}

function readShareKind(reader: ByteReader): ShareKind {
  const kind = reader.u8();
  requireArgument(kind === ShareKind.MaskSecret || kind === ShareKind.SelfSeed, "kind", kind, "0 or 1");
  return kind;
}

function byParty<T extends { readonly party: number }>(items: T[]): T[] {
  const parties = items.map((item) => item.party);
  requireArgument(isAscending(parties), "list", parties, "ascending by party, each once");
  return items;
}

function bySegment<T extends { readonly segment: number }>(items: T[]): T[] {
  const segments = items.map((item) => item.segment);
  requireArgument(new Set(segments).size === segments.length, "list", segments, "each segment once");
  return items;
}
