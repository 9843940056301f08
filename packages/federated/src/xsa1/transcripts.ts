import { ByteWriter, concatBytes, u32Bytes, utf8 } from "./bytes.ts";
import type { CryptoSuite } from "./crypto-suite.ts";
import { encodeUnsigned, writeSegmentResult } from "./encode-message.ts";
import type {
  AdvertiseMessage,
  MaskedInputMessage,
  ResultMessage,
  ShareBundleMessage,
  UnmaskAnswerMessage,
} from "./messages.ts";

/** What the aggregator signs under a setup. */
export function setupTranscript(setupDigest: Uint8Array): Uint8Array {
  return concatBytes(utf8("xsa1/set"), setupDigest);
}

/** What the aggregator signs under a plan. */
export function planTranscript(planDigest: Uint8Array): Uint8Array {
  return concatBytes(utf8("xsa1/pln"), planDigest);
}

/** What a party signs under its keys: `"xsa1/adv" ‖ setup_digest ‖ u32 i ‖ c_pk ‖ SHA256(m_pks)`. */
export function advertiseTranscript(
  crypto: CryptoSuite,
  keys: Omit<AdvertiseMessage, "type" | "signature">,
): Uint8Array {
  const digest = crypto.sha256(keys.maskKeys);
  return concatBytes(utf8("xsa1/adv"), keys.setupDigest, u32Bytes(keys.party), keys.shareKey, digest);
}

/** What a party signs under its shares: `"xsa1/shr" ‖ keys_digest ‖ SHA256(message without signature)`. */
export function bundleTranscript(
  crypto: CryptoSuite,
  keysDigest: Uint8Array,
  bundle: Omit<ShareBundleMessage, "signature">,
): Uint8Array {
  return concatBytes(utf8("xsa1/shr"), keysDigest, crypto.sha256(encodeUnsigned(bundle)));
}

/** What a party signs when its segment is stored: `"xsa1/inp" ‖ plan_digest ‖ u32 i ‖ u32 s ‖ sha256 ‖ u64 size`. */
export function inputTranscript(input: Omit<MaskedInputMessage, "type" | "signature">): Uint8Array {
  const fields = new ByteWriter().u32(input.party).u32(input.segment).fixed(input.sha256).u64(input.sizeBytes).finish();
  return concatBytes(utf8("xsa1/inp"), input.planDigest, fields);
}

/** What a party signs when it accepts survivors: `"xsa1/con" ‖ plan_digest ‖ u32 s ‖ bitmap`. */
export function consistencyTranscript(planDigest: Uint8Array, segment: number, bitmap: Uint8Array): Uint8Array {
  return concatBytes(utf8("xsa1/con"), planDigest, u32Bytes(segment), bitmap);
}

/** What a party signs under the shares it gives: `"xsa1/ans" ‖ SHA256(message without signature)`. */
export function answerTranscript(crypto: CryptoSuite, answer: Omit<UnmaskAnswerMessage, "signature">): Uint8Array {
  return concatBytes(utf8("xsa1/ans"), crypto.sha256(encodeUnsigned(answer)));
}

/** What the aggregator signs under a result: `"xsa1/res" ‖ plan_digest ‖ segments as on the wire`. */
export function resultTranscript(planDigest: Uint8Array, segments: ResultMessage["segments"]): Uint8Array {
  return concatBytes(utf8("xsa1/res"), planDigest, new ByteWriter().list(segments, writeSegmentResult).finish());
}
