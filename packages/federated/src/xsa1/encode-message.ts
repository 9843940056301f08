import { ByteWriter } from "./bytes.ts";
import { type Message, MessageType, type SegmentResult } from "./messages.ts";
import { encodePlan } from "./plan.ts";
import { encodeSetup } from "./setup.ts";

/** First byte of every message. */
export const WIRE_VERSION = 1;

/** The canonical bytes of a message: version, type, fields in the order of `docs/reference/xsa1.md` §4. */
export function encodeMessage(message: Message): Uint8Array {
  const body = encodeUnsigned(message);
  return "signature" in message ? new ByteWriter().fixed(body).fixed(message.signature).finish() : body;
}

/** The bytes of a message before its signature: the part that answers and bundles sign. */
export function encodeUnsigned(message: Omit<Message, "signature"> & Pick<Message, "type">): Uint8Array {
  const writer = new ByteWriter().u8(WIRE_VERSION).u8(message.type);
  writeFields(message as Message, writer);
  return writer.finish();
}

/** Lays out how one segment ended. */
export function writeSegmentResult(result: SegmentResult, writer: ByteWriter): void {
  writer
    .u32(result.segment)
    .optional(result.opened, (opened, item) => item.blob(opened.bitmap).fixed(opened.sumSha256));
}

function writeFields(message: Message, writer: ByteWriter): void {
  switch (message.type) {
    case MessageType.Setup:
      writer.fixed(encodeSetup(message.setup));
      break;
    case MessageType.Advertise:
      writer.fixed(message.setupDigest).u32(message.party).blob(message.shareKey).blob(message.maskKeys);
      break;
    case MessageType.KeyList:
      writer
        .fixed(message.setupDigest)
        .list(message.members, (member, item) => item.u32(member.party).fixed(member.sha256));
      writer.list(message.advertised, (bytes, item) => item.blob(bytes));
      break;
    case MessageType.ShareBundle:
      writer.fixed(message.setupDigest).u32(message.party).blob(message.commitments);
      writer.list(message.sealed, (sealed, item) => item.u32(sealed.party).blob(sealed.bytes));
      break;
    case MessageType.ShareDelivery:
      writer.fixed(message.setupDigest).blob(message.senders);
      writer.list(message.sealed, (sealed, item) => item.u32(sealed.party).blob(sealed.bytes));
      break;
    case MessageType.Plan:
      writer.fixed(message.setupDigest).fixed(encodePlan(message.plan));
      break;
    default:
      writePlannedFields(message, writer);
  }
}

type PlannedMessage = Extract<Message, { readonly planDigest: Uint8Array }>;

function writePlannedFields(message: PlannedMessage, writer: ByteWriter): void {
  writer.fixed(message.planDigest);
  switch (message.type) {
    case MessageType.MaskedInput:
      writer.u32(message.party).u32(message.segment).fixed(message.sha256).u64(message.sizeBytes);
      break;
    case MessageType.SurvivorBitmaps:
      writer.list(message.bitmaps, (entry, item) => item.u32(entry.segment).blob(entry.bitmap));
      break;
    case MessageType.Consistency:
      writer
        .u32(message.party)
        .list(message.signatures, (entry, item) => item.u32(entry.segment).fixed(entry.signature));
      break;
    case MessageType.UnmaskRequest:
      writer.list(message.segments, (entry, item) =>
        item
          .u32(entry.segment)
          .blob(entry.bitmap)
          .list(entry.signatures, (signed, inner) => inner.u32(signed.party).fixed(signed.signature)),
      );
      break;
    case MessageType.UnmaskAnswer:
      writer
        .u32(message.party)
        .list(message.segments, (entry, item) =>
          item
            .u32(entry.segment)
            .list(entry.shares, (share, inner) => inner.u32(share.owner).u8(share.kind).fixed(share.share)),
        );
      break;
    case MessageType.Result:
      writer.list(message.segments, writeSegmentResult);
  }
}
