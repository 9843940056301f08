import { fromBinary } from "@bufbuild/protobuf";
import { gateV1 } from "@tributary/contracts";
import { readOrganisation } from "@tributary/contracts/fields";
import { type CryptoSuite, equalBytes, toHex } from "@tributary/federated";
import { TributaryError } from "@tributary/kit";
import { isMemberName } from "../../shared/identity/member-uri.ts";
import { ChainRefusal, type TrustedPeer, verifyMemberChain } from "../../shared/identity/verify-member-chain.ts";
import { type Policy, parsePolicy } from "../../shared/trust/policy.ts";
import { peersInvalid } from "../../shared/trust/trust-file.ts";
import { trustTranscript } from "../../shared/trust/trust-transcript.ts";
import type { AttestedChain } from "./attestation.ts";

/** Whom the worker's member trusts, and what it allows. */
export interface MemberTrust {
  /** The peer list; the own member is in it. */
  readonly peers: readonly TrustedPeer[];
  readonly policy: Policy;
}

/** Who the worker is, as its own certificates say. */
export interface OwnWorker {
  /** The chain that its gate gave it, over a link to the CA that the pod pins. */
  readonly chain: AttestedChain;
  /** Name of the member cluster. */
  readonly member: string;
  /** Its identity key, 32 bytes. */
  readonly publicKey: Uint8Array;
}

/** A statement as it came. */
export type SignedStatement = Pick<gateV1.TrustResponse, "statement" | "signature">;

/** As much as a link to the gate takes. */
const MAX_STATEMENT_BYTES = 4 * 2 ** 20;
/** Twice as many as two peer lists have. */
const MAX_PEERS = 4_096;
/** Two while one replaces the other. */
const MAX_KEYS = 2;

/**
 * Reads a member's trust: signed by the identity key that issued the CA of the worker's own chain, and that of the own member.
 *
 * @throws PEERS_INVALID for anything else; IDENTITY_REJECTED when another identity key issued the chain, as while one replaces the other.
 */
export function verifyTrust(
  crypto: Pick<CryptoSuite, "verifyEd25519">,
  { statement, signature }: SignedStatement,
  own: OwnWorker,
): MemberTrust {
  const read = readStatement(statement);
  const { member, organisation, identityKey } = read;
  if (!crypto.verifyEd25519(identityKey, trustTranscript(statement), signature))
    throw refused("its signature is not of the identity key that it names");
  if (member !== own.member) throw refused(`it is of member ${JSON.stringify(member)}, the worker is of ${own.member}`);
  requireOwnChain(own, { organisation, member, identityKeys: [identityKey] });
  const peers = readPeers(read.peers);
  const self = peers.find((peer) => peer.member === member);
  const isListed = self?.organisation === organisation && self.identityKeys.some((key) => equalBytes(key, identityKey));
  if (!isListed) throw refused(`member ${member} does not stand in it as itself`);
  return { peers, policy: parsePolicy("the policy of the gate's trust", read.policyJson) };
}

function readStatement(statement: Uint8Array): gateV1.TrustStatement {
  const { length } = statement;
  if (length > MAX_STATEMENT_BYTES) throw refused(`it has ${length} bytes, must have at most ${MAX_STATEMENT_BYTES}`);
  try {
    const read = fromBinary(gateV1.TrustStatementSchema, statement);
    if (read.identityKey.length !== 32) throw refused(`identity_key has ${read.identityKey.length} bytes, must be 32`);
    return read;
  } catch (cause) {
    if (cause instanceof TributaryError) throw cause;
    throw peersInvalid("the trust that the gate states is no message of this version", cause);
  }
}

/** When the chain ends says nothing here: others judge that. */
function requireOwnChain({ chain, member, publicKey }: OwnWorker, issuer: TrustedPeer): void {
  const verdict = verifyMemberChain(chain, { peers: [issuer], nowMs: 0, toleranceMs: Number.POSITIVE_INFINITY });
  if (verdict.ok && equalBytes(verdict.verified.publicKey, publicKey)) return;
  if (!verdict.ok && verdict.refusal === ChainRefusal.WrongIdentityKey)
    throw new TributaryError("IDENTITY_REJECTED", `the trust of member ${member} is signed by another key than its CA`);
  throw refused(`the worker's own chain is no chain of its member: ${verdict.ok ? "of another key" : verdict.why}`);
}

function readPeers(peers: readonly gateV1.Peer[]): TrustedPeer[] {
  if (peers.length > MAX_PEERS) throw refused(`peers has ${peers.length} entries, must have at most ${MAX_PEERS}`);
  const members = new Set<string>();
  const keys = new Set<string>();
  return peers.map(({ organisation, member, identityKeys }, index) => {
    const at = `peers[${index}]`;
    if (!isMemberName(member)) throw refused(`${at}.member is ${shown(member)}, must be the name of a member cluster`);
    const name = readOrganisation(organisation);
    if (!name.ok) throw refused(`${at}.organisation is ${shown(organisation)}, must be ${name.expected}`);
    const isCounted = identityKeys.length >= 1 && identityKeys.length <= MAX_KEYS;
    if (!isCounted || identityKeys.some(({ length }) => length !== 32))
      throw refused(`${at}.identity_keys must be one or two keys of 32 bytes`);
    if (members.has(member)) throw refused(`${at}.member is ${member}, which stands in it before`);
    members.add(member);
    for (const key of identityKeys.map(toHex)) {
      if (keys.has(key)) throw refused(`${at}.identity_keys has a key that stands in it before`);
      keys.add(key);
    }
    return { organisation, member, identityKeys };
  });
}

function shown(text: string): string {
  return text.length > 64 ? `a text of ${text.length} characters` : JSON.stringify(text);
}

function refused(why: string): TributaryError {
  return peersInvalid(`the trust that the gate states does not count: ${why}`);
}
