import { keysOf, mergePeers, type OwnMember, type Peer } from "@tributary/contracts/fields";
import { TributaryError } from "@tributary/kit";
import { fingerprintOf } from "./fingerprint.ts";

/** What a member trusts now. */
export interface PeerLists {
  readonly own: OwnMember;
  /** `gate.peers` of the chart's values. */
  readonly chart: readonly Peer[];
  /** What this command wrote before. */
  readonly trusted: readonly Peer[];
}

/** The list that the command is to write, and what changes by it. */
export interface ListChange {
  /** `undefined` when nothing is to be written. */
  readonly trusted: readonly Peer[] | undefined;
  /** For people, a line each. */
  readonly lines: readonly string[];
}

/** The lists by the names under which people see them. */
export function sourcesOf({ chart, trusted }: Pick<PeerLists, "chart" | "trusted">) {
  return [
    { name: "chart values", peers: chart },
    { name: "trusted", peers: trusted },
  ];
}

/**
 * What it takes to trust a member whose fingerprints were compared: a pure function of the lists.
 *
 * @throws ARGUMENT_INVALID for the own member, NAME_TAKEN where a list says another thing of the member or its key.
 */
export function trustPeer(lists: PeerLists, peer: Peer, { mayReplace }: { readonly mayReplace: boolean }): ListChange {
  refuseOwn(lists.own, peer);
  const { member } = peer;
  const inChart = lists.chart.find((other) => other.member === member);
  if (inChart !== undefined && isSame(inChart, peer))
    return { trusted: undefined, lines: [`member ${member} is trusted already, by the chart's values`] };
  if (inChart !== undefined)
    throw taken(
      `gate.peers of the chart's values says ${describe(inChart)}, the file ${describe(peer)}; change the values`,
    );
  const known = lists.trusted.find((other) => other.member === member);
  if (known !== undefined && isSame(known, peer) && known.note === peer.note)
    return { trusted: undefined, lines: [`member ${member} is trusted already`] };
  if (known !== undefined && !isSame(known, peer) && !mayReplace)
    throw taken(
      `trusted is ${describe(known)}, the file says ${describe(peer)}; ask that member's admin why, then add --replace`,
    );
  const trusted = [...lists.trusted.filter((other) => other.member !== member), peer];
  refuseContradictions(lists, trusted);
  return {
    trusted,
    lines: known === undefined ? [`+ ${describe(peer)}`] : [`- ${describe(known)}`, `+ ${describe(peer)}`],
  };
}

/**
 * What it takes to trust a member no longer.
 *
 * @throws ARGUMENT_INVALID when this command did not make it trusted.
 */
export function removePeer({ chart, trusted }: Pick<PeerLists, "chart" | "trusted">, member: string): ListChange {
  const inChart = chart.some((peer) => peer.member === member);
  const known = trusted.find((peer) => peer.member === member);
  const elsewhere = `gate.peers of the chart's values lists member ${member}; take it from there and upgrade the chart`;
  if (known !== undefined) {
    const still = inChart ? [`still trusted: ${elsewhere}`] : [];
    return { trusted: trusted.filter((peer) => peer !== known), lines: [`- ${describe(known)}`, ...still] };
  }
  const names = trusted.map((peer) => peer.member).join(", ") || "none";
  throw new TributaryError(
    "ARGUMENT_INVALID",
    inChart ? elsewhere : `member ${member} is not trusted; trusted are ${names}`,
  );
}

function refuseOwn(own: OwnMember, peer: Peer): void {
  if (peer.member !== own.member) return;
  const message = `the file is of member ${own.member}, which is this member itself; take the file that the other member's admin exported`;
  throw new TributaryError("ARGUMENT_INVALID", message);
}

/** What contradicts itself already is left to whoever made it so; `kubectl tributary peers list` names it. */
function refuseContradictions(lists: PeerLists, trusted: readonly Peer[]): void {
  const of = (now: Pick<PeerLists, "chart" | "trusted">) => mergePeers(lists.own, sourcesOf(now)).contradictions;
  const before = of(lists);
  const added = of({ ...lists, trusted }).filter((contradiction) => !before.includes(contradiction));
  if (added.length > 0) throw taken(`${added.join("; ")}; nothing is trusted`);
}

function isSame(a: Peer, b: Peer): boolean {
  const [left, right] = [keysOf(a), keysOf(b)];
  return a.organisation === b.organisation && left.length === right.length && left.every((key) => right.includes(key));
}

function describe(peer: Peer): string {
  return `member ${peer.member} of organisation ${peer.organisation}, ${keysOf(peer).map(fingerprintOf).join(" and ")}`;
}

function taken(message: string): TributaryError {
  return new TributaryError("NAME_TAKEN", message);
}
