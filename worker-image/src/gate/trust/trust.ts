import { type MergedPeer, mergePeers } from "@tributary/contracts/fields";
import { parsePeerList } from "../../shared/trust/peer-list.ts";
import { type Policy, parsePolicy, policyJson, policySha256 } from "../../shared/trust/policy.ts";
import { peersInvalid } from "../../shared/trust/trust-file.ts";

/** Whom the member trusts, and what it allows. */
export interface Trust {
  /** Ascending by organisation and member, the own member among them. */
  readonly peers: readonly MergedPeer[];
  readonly policy: Policy;
  /** The policy's canonical JSON. */
  readonly policyJson: string;
  /** Its SHA-256, 32 bytes. */
  readonly policySha256: Uint8Array;
}

/** The own member with its identity keys. */
export interface OwnIdentity {
  readonly organisation: string;
  /** Name of the member cluster. */
  readonly member: string;
  /** Ed25519 public keys, 32 bytes each; the one that signs is the first. */
  readonly publicKeys: readonly Uint8Array[];
}

/** The texts of the files of which trust is made. */
export interface TrustTexts {
  readonly peers: string;
  readonly policy: string;
  /** The list of `kubectl tributary peers trust`; nobody has to have used it. */
  readonly trustedPeers: string | undefined;
}

/**
 * What the files say together.
 *
 * @throws PEERS_INVALID naming what cannot be read or contradicts itself.
 */
export function judgeTrust(own: OwnIdentity, texts: TrustTexts): Trust {
  const sources = [{ name: "gate.peers of the chart's values", peers: parsePeerList("peers.json", texts.peers) }];
  if (texts.trustedPeers !== undefined) {
    const peers = parsePeerList("trusted/peers.json", texts.trustedPeers);
    sources.push({ name: "kubectl tributary peers", peers });
  }
  const publicKeys = own.publicKeys.map((key) => Buffer.from(key).toString("base64"));
  const { peers, contradictions } = mergePeers({ ...own, publicKeys }, sources);
  if (contradictions.length > 0) throw peersInvalid(contradictions.join("; "));
  const policy = parsePolicy("policy.json", texts.policy);
  const json = policyJson(policy);
  return { peers, policy, policyJson: json, policySha256: policySha256(json) };
}
