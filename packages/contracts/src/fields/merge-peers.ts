import { keysOf, type Peer } from "./peer-list.ts";

/** A peer list, and where it was found. */
export interface PeerSource {
  /** As messages name it: `gate.peers`. */
  readonly name: string;
  readonly peers: readonly Peer[];
}

/** The member itself, as its own gate knows it. */
export interface OwnMember {
  readonly organisation: string;
  readonly member: string;
  /** Its identity keys, the one that signs first. */
  readonly publicKeys: readonly string[];
}

/** A member with all places that list it. */
export interface MergedPeer {
  readonly organisation: string;
  readonly member: string;
  readonly publicKeys: readonly string[];
  /** Names of the lists. */
  readonly from: readonly string[];
}

/** What several lists say together. */
export interface MergedPeers {
  /** Ascending by organisation and member, the own member among them. */
  readonly peers: readonly MergedPeer[];
  /** What no program may choose between, each as a sentence; empty when the lists agree. */
  readonly contradictions: readonly string[];
}

/** How the own member is named as a source. */
const SELF = "this member itself";

/**
 * Puts peer lists together. Lists that tell different things of one member, one key for two members, and organisations whose names differ in
 * capitals alone are contradictions: whoever chose between them would let one organisation count as two, or one member pass for another.
 */
export function mergePeers(own: OwnMember, sources: readonly PeerSource[]): MergedPeers {
  const merged = new Map<string, MergedPeer>([[own.member, { ...own, from: [SELF] }]]);
  const contradictions: string[] = [];
  for (const { name, peers } of sources)
    for (const peer of peers) {
      const known = merged.get(peer.member);
      const isOwn = peer.member === own.member;
      if (known !== undefined && !agree(known, peer, isOwn)) contradictions.push(describeDifference(known, peer, name));
      else
        merged.set(peer.member, known === undefined ? listed(peer, name) : { ...known, from: [...known.from, name] });
    }
  const peers = [...merged.values()].sort(byOrganisationAndMember);
  return { peers, contradictions: [...contradictions, ...sharedKeys(peers), ...likeNames(peers)] };
}

function listed(peer: Peer, name: string): MergedPeer {
  const { organisation, member } = peer;
  return { organisation, member, publicKeys: keysOf(peer), from: [name] };
}

/** The gate knows its own keys; a list that names one of them is right, also when it has not followed a rotation. */
function agree(known: MergedPeer, peer: Peer, isOwn: boolean): boolean {
  if (known.organisation !== peer.organisation) return false;
  const keys = keysOf(peer);
  if (isOwn) return keys.some((key) => known.publicKeys.includes(key));
  return keys.length === known.publicKeys.length && keys.every((key) => known.publicKeys.includes(key));
}

function describeDifference({ organisation, member, publicKeys, from }: MergedPeer, peer: Peer, name: string): string {
  const told = (of: string, keys: readonly string[]) => `organisation ${of} with ${keys.join(" and ")}`;
  const [here, there] = [told(peer.organisation, keysOf(peer)), told(organisation, publicKeys)];
  return `member ${member} is of ${here} in ${name}, but of ${there} in ${from.join(" and ")}`;
}

function sharedKeys(peers: readonly MergedPeer[]): string[] {
  const holders = new Map<string, string>();
  return peers.flatMap(({ member, publicKeys }) =>
    publicKeys.flatMap((key) => {
      const holder = holders.get(key);
      holders.set(key, member);
      return holder === undefined ? [] : [`members ${holder} and ${member} have the same key ${key}`];
    }),
  );
}

function likeNames(peers: readonly MergedPeer[]): string[] {
  const names = new Map<string, string>();
  return [...new Set(peers.map(({ organisation }) => organisation))].flatMap((name) => {
    const folded = name.normalize("NFKC").toLowerCase();
    const like = names.get(folded);
    names.set(folded, name);
    return like === undefined ? [] : [`organisations ${like} and ${name} read the same; write them in one way`];
  });
}

function byOrganisationAndMember(a: MergedPeer, b: MergedPeer): number {
  if (a.organisation !== b.organisation) return a.organisation < b.organisation ? -1 : 1;
  return a.member < b.member ? -1 : 1;
}
