import { circulantNeighbours, shuffledRanks } from "../graph/circulant.ts";
import { concatBytes, u32Bytes, utf8 } from "./bytes.ts";
import { type CryptoSuite, Keystream } from "./crypto-suite.ts";
import type { KeyListMessage } from "./messages.ts";

/** Who shares masks with whom, and who holds whose shares: party ids, ascending. */
export interface MaskGraph {
  /** The parties that advertised keys (U1). */
  readonly members: readonly number[];
  /** The neighbours of a member, without itself. */
  neighboursOf(party: number): readonly number[];
  /** The holders of a member's shares: its neighbours and itself. The point of a holder is 1 + its place here. */
  holdersOf(party: number): readonly number[];
  /**
   * The holders whose signatures on a bitmap let a share of this party go: all of them in a complete graph, its neighbours in a sparse one.
   *
   * With k neighbours and c corrupt ones, two views need 2t <= k + c signatures; counting the party itself would make that k + 1 + c, which the
   * table of neighbourhoods does not bound.
   */
  signersOf(party: number): readonly number[];
}

/** `SHA256("xsa1/keys" ‖ setup_digest ‖ (u32 id ‖ SHA256(advertise message)) of each member)`: fixes the graph and binds every share. */
export function keysDigest(crypto: CryptoSuite, setup: Uint8Array, members: KeyListMessage["members"]): Uint8Array {
  const entries = members.flatMap((member) => [u32Bytes(member.party), member.sha256]);
  return crypto.sha256(utf8("xsa1/keys"), setup, concatBytes(...entries));
}

/**
 * The mask graph of a key list: complete when `neighbours` is 0 or leaves nobody out, else circulant over a permutation whose seed
 * is `digest`, known only when the keys are (Bell et al. 2020 §3.2).
 */
export function maskGraph(
  crypto: CryptoSuite,
  members: readonly number[],
  neighbours: number,
  digest: Uint8Array,
): MaskGraph {
  if (neighbours === 0 || neighbours >= members.length - 1) return completeGraph(members);
  const order = shuffledRanks(members.length, keystreamWords(crypto, digest));
  const lists = circulantNeighbours(order, neighbours);
  const rankOf = new Map(members.map((party, rank) => [party, rank]));
  const idsOf = (party: number) => (lists[rankOf.get(party) ?? -1] ?? []).map((rank) => members[rank]!);
  const holdersOf = (party: number) => [...idsOf(party), party].sort((a, b) => a - b);
  return { members, neighboursOf: idsOf, holdersOf, signersOf: idsOf };
}

function completeGraph(members: readonly number[]): MaskGraph {
  return {
    members,
    neighboursOf: (party) => members.filter((member) => member !== party),
    holdersOf: () => members,
    signersOf: () => members,
  };
}

/** Big-endian words of the AES-256-CTR keystream under `key`, fetched a KiB at a time. */
function keystreamWords(crypto: CryptoSuite, key: Uint8Array): () => number {
  const blockBytes = 1024;
  let block: DataView = new DataView(new ArrayBuffer(0));
  let fetched = 0;
  let offset = 0;
  return () => {
    if (offset === block.byteLength) {
      const bytes = crypto.keystream(Keystream.Aes256Ctr, key, fetched, blockBytes);
      block = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      fetched += blockBytes;
      offset = 0;
    }
    offset += 4;
    return block.getUint32(offset - 4, false);
  };
}
