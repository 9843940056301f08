import { checkPeerList, type Peer, type PeerList } from "@tributary/contracts/fields";
import { parseTrustJson, refuseFindings } from "./trust-file.ts";

/**
 * Reads a peer list.
 *
 * @param file how errors name it.
 * @throws PEERS_INVALID naming file, field, value and what would be right.
 */
export function parsePeerList(file: string, text: string): readonly Peer[] {
  const value = parseTrustJson(file, text);
  refuseFindings(file, checkPeerList(value));
  return (value as PeerList).peers;
}
