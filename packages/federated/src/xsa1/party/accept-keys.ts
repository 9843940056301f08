import { splitSecret } from "../../shamir/shamir.ts";
import { concatBytes, equalBytes, u32Bytes } from "../bytes.ts";
import { commitSelfSeed, deriveShareKey } from "../derive-keys.ts";
import { encodeMessage } from "../encode-message.ts";
import { keysDigest } from "../mask-graph.ts";
import { type KeyListMessage, MessageType, type ShareBundleMessage } from "../messages.ts";
import { RefusalReason, refusal } from "../refusals.ts";
import { isMasked } from "../roster.ts";
import { segmentSecrets, shareSecret } from "../round-secrets.ts";
import { bundleTranscript } from "../transcripts.ts";
import { checkKeyList } from "./check-key-list.ts";
import { advertise } from "./open-round.ts";
import { coefficientsOf, graphOf, refuse, repeat } from "./party-round.ts";
import { type AcceptedKeys, type PartyRound, type PartyState, withRound } from "./party-state.ts";
import type { PartyContext, PartyStep } from "./party-types.ts";

/** The GCM nonce of sealed shares: each key seals once. */
export const ZERO_NONCE = new Uint8Array(12);

/** Step 1: checks who advertised which keys, then shares this round's secrets among the holders. */
export function acceptKeys(
  context: PartyContext,
  state: PartyState,
  round: PartyRound,
  list: KeyListMessage,
): PartyStep {
  if (round.keys !== null) {
    const digest = keysDigest(context.crypto, round.setupDigest, list.members);
    return equalBytes(round.keys.digest, digest)
      ? repeat(state, { type: "send", message: shareBundle(context, round, round.keys) })
      : refuse(state, refusal(RefusalReason.KeysChanged, "another key list for the same setup"));
  }
  const keys = checkKeyList(context, round, list, advertise(context, round));
  if ("reason" in keys) return refuse(state, keys);
  const next = { ...round, keys };
  const message = shareBundle(context, next, keys);
  return { state: withRound(state, next), effects: [{ type: "persist" }, { type: "send", message }] };
}

/** The encoded ShareBundle message of a round: the same bytes each time. */
export function shareBundle(context: PartyContext, round: PartyRound, keys: AcceptedKeys): Uint8Array {
  const { crypto, config } = context;
  const unsigned: Omit<ShareBundleMessage, "signature"> = {
    type: MessageType.ShareBundle,
    setupDigest: round.setupDigest,
    party: round.party,
    ...(isMasked(round.setup) ? sealShares(context, round, keys) : { commitments: new Uint8Array(0), sealed: [] }),
  };
  const signature = crypto.signEd25519(config.identitySecret, bundleTranscript(crypto, keys.digest, unsigned));
  return encodeMessage({ ...unsigned, signature });
}

function sealShares(context: PartyContext, round: PartyRound, keys: AcceptedKeys) {
  const { crypto } = context;
  const { setup, setupDigest, seed, party } = round;
  const holders = graphOf(context, setup, keys).holdersOf(party);
  const shares = setup.segments.map(({ id }) => splitSegment(context, round, id, holders.length));
  const own = shareSecret(crypto, seed, setupDigest);
  const sealed = holders.flatMap((holder, rank) => {
    if (holder === party) return [];
    const shared = crypto.x25519(own, keys.peers.get(holder)!.shareKey)!;
    const key = deriveShareKey(crypto, setupDigest, shared, party, holder);
    const plaintext = concatBytes(...shares.flatMap((split) => [split.maskSecret[rank]!, split.selfSeed[rank]!]));
    const additional = shareBinding(setupDigest, keys.digest, party, holder);
    return [{ party: holder, bytes: crypto.sealAes256Gcm(key, ZERO_NONCE, additional, plaintext) }];
  });
  const commitments = setup.segments.map(({ id }) =>
    commitSelfSeed(crypto, setupDigest, party, id, segmentSecrets(crypto, seed, setupDigest, id).selfSeed),
  );
  return { commitments: concatBytes(...commitments), sealed };
}

function splitSegment(context: PartyContext, round: PartyRound, segment: number, holders: number) {
  const secrets = segmentSecrets(context.crypto, round.seed, round.setupDigest, segment);
  const coefficients = coefficientsOf(context, round, segment);
  const { threshold } = round.setup;
  return {
    maskSecret: splitSecret(secrets.maskSecret, coefficients.maskSecret, threshold, holders),
    selfSeed: splitSecret(secrets.selfSeed, coefficients.selfSeed, threshold, holders),
  };
}

/** The additional data of sealed shares: setup, key list, sender, receiver. A split key list makes them fail to open. */
export function shareBinding(setupDigest: Uint8Array, keys: Uint8Array, sender: number, receiver: number): Uint8Array {
  return concatBytes(setupDigest, keys, u32Bytes(sender), u32Bytes(receiver));
}
