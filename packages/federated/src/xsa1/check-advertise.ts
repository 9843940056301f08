import type { CryptoSuite } from "./crypto-suite.ts";
import { isLowOrderPoint } from "./low-order.ts";
import type { AdvertiseMessage } from "./messages.ts";
import { type Refusal, RefusalReason, refusal } from "./refusals.ts";
import { isMasked, keyAt } from "./roster.ts";
import type { RosterEntry, RoundSetup } from "./setup.ts";
import { advertiseTranscript } from "./transcripts.ts";

/**
 * Why the keys a party advertised cannot be used: not signed for this setup by the roster's key, wrong lengths, points of low order.
 *
 * Without masks both keys are empty and only the signature counts.
 */
export function checkAdvertisedKeys(
  crypto: CryptoSuite,
  setup: RoundSetup,
  setupDigest: Uint8Array,
  entry: RosterEntry,
  message: AdvertiseMessage,
): Refusal | null {
  const transcript = advertiseTranscript(crypto, { ...message, setupDigest });
  if (!crypto.verifyEd25519(entry.publicKey, transcript, message.signature)) {
    return refusal(RefusalReason.SignatureInvalid, `the keys of party ${entry.id} are not signed by it for this setup`);
  }
  const keyCount = isMasked(setup) ? setup.segments.length : 0;
  const shareKeyBytes = isMasked(setup) ? 32 : 0;
  if (message.shareKey.length !== shareKeyBytes || message.maskKeys.length !== 32 * keyCount) {
    const detail = `party ${entry.id} advertised ${message.shareKey.length} and ${message.maskKeys.length} bytes of keys`;
    return refusal(RefusalReason.MalformedMessage, detail);
  }
  const weak = isMasked(setup) && allKeys(message).some(isLowOrderPoint);
  return weak ? refusal(RefusalReason.LowOrderPoint, `party ${entry.id} advertised a point of low order`) : null;
}

/** The share key and the mask keys a party advertised, 32 bytes each. */
export function allKeys(message: AdvertiseMessage): Uint8Array[] {
  return [
    message.shareKey,
    ...Array.from({ length: message.maskKeys.length / 32 }, (_, index) => keyAt(message.maskKeys, index)),
  ];
}
