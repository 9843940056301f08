import { mergePeers } from "@tributary/contracts/fields";
import { fingerprintOf } from "./fingerprint.ts";
import { type PeerLists, sourcesOf } from "./trust-peer.ts";

/** A member as the list shows it. */
export interface ListedPeer {
  readonly organisation: string;
  readonly member: string;
  readonly publicKeys: readonly string[];
  readonly fingerprints: readonly string[];
  /** Where it is listed. */
  readonly from: readonly string[];
}

/** Everybody whom a member trusts, itself among them, and what its lists contradict each other in. */
export interface PeerListing {
  readonly peers: readonly ListedPeer[];
  readonly contradictions: readonly string[];
}

/** What the gate makes of the lists. */
export function listPeers(lists: PeerLists): PeerListing {
  const { peers, contradictions } = mergePeers(lists.own, sourcesOf(lists));
  const listed = peers.map(({ organisation, member, publicKeys, from }) => {
    return { organisation, member, publicKeys, fingerprints: publicKeys.map(fingerprintOf), from };
  });
  return { peers: listed, contradictions };
}

/** A table with a line for each key. */
export function renderTable(peers: readonly ListedPeer[]): string[] {
  const rows = peers.flatMap(({ organisation, member, fingerprints, from }) =>
    fingerprints.map((fingerprint, index) =>
      index === 0 ? [organisation, member, fingerprint, from.join(", ")] : ["", "", fingerprint, ""],
    ),
  );
  const table = [["ORGANISATION", "MEMBER", "FINGERPRINT OF THE IDENTITY KEY", "FROM"], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => [...row[column]!].length)));
  return table.map((row) =>
    row
      .map((cell, column) => padTo(cell, widths[column]!))
      .join("  ")
      .trimEnd(),
  );
}

function padTo(cell: string, width: number): string {
  return cell + " ".repeat(width - [...cell].length);
}
