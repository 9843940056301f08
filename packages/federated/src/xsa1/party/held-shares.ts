import { equalBytes } from "../bytes.ts";
import { deriveShareKey } from "../derive-keys.ts";
import { shareSecret } from "../round-secrets.ts";
import { shareBinding, ZERO_NONCE } from "./accept-keys.ts";
import type { AcceptedKeys, AcceptedShares, PartyRound } from "./party-state.ts";
import type { PartyContext } from "./party-types.ts";

/** What an owner sealed for this party, 64 bytes for each segment; `null` when it sealed nothing or it does not open. */
export type HeldShares = (owner: number) => Uint8Array | null;

/** What is known of the shares of one delivery, and by which secret: whoever has this has what it was made from. */
interface OpenedShares {
  readonly seed: Uint8Array;
  readonly keys: AcceptedKeys;
  readonly byOwner: Map<number, Uint8Array | null>;
}

const openedShares = new WeakMap<AcceptedShares, OpenedShares>();

/**
 * The shares that this party holds. Each is opened once for as long as the delivery lives in memory: it holds all segments, and each
 * segment asks for it when its survivors are signed. With 63 neighbours, opening them anew took longer than all else of an answer.
 */
export function heldShares(
  context: PartyContext,
  round: PartyRound,
  keys: AcceptedKeys,
  shares: AcceptedShares,
): HeldShares {
  const { byOwner } = openedBy(round, keys, shares);
  let own: Uint8Array | undefined;
  return (owner) => {
    const known = byOwner.get(owner);
    if (known !== undefined) return known;
    const sealed = shares.sealed.get(owner);
    own ??= shareSecret(context.crypto, round.seed, round.setupDigest);
    const opened = sealed === undefined ? null : openShares(context, round, keys, own, owner, sealed);
    byOwner.set(owner, opened);
    return opened;
  };
}

function openedBy(round: PartyRound, keys: AcceptedKeys, shares: AcceptedShares): OpenedShares {
  const known = openedShares.get(shares);
  if (known !== undefined && known.keys === keys && equalBytes(known.seed, round.seed)) return known;
  const fresh = { seed: round.seed, keys, byOwner: new Map<number, Uint8Array | null>() };
  openedShares.set(shares, fresh);
  return fresh;
}

function openShares(
  { crypto }: PartyContext,
  { setupDigest, party, setup }: PartyRound,
  keys: AcceptedKeys,
  own: Uint8Array,
  sender: number,
  sealed: Uint8Array,
): Uint8Array | null {
  const peer = keys.peers.get(sender);
  const shared = peer === undefined ? null : crypto.x25519(own, peer.shareKey);
  if (shared === null) return null;
  const key = deriveShareKey(crypto, setupDigest, shared, sender, party);
  const plaintext = crypto.openAes256Gcm(
    key,
    ZERO_NONCE,
    shareBinding(setupDigest, keys.digest, sender, party),
    sealed,
  );
  return plaintext?.length === 64 * setup.segments.length ? plaintext : null;
}
