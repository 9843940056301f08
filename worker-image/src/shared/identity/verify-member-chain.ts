import { createPublicKey, type KeyObject } from "node:crypto";
import { certificateSha256, ed25519KeyOf } from "./certificates.ts";
import { type DataName, parseDataNameUri } from "./data-name.ts";
import { parseMemberUri } from "./member-uri.ts";
import { CertificateRefused, type ReadCertificate, readCertificateDer } from "./read-certificate.ts";
import { parseWorkerUri, type WorkerIdentity } from "./worker-uri.ts";

/** Why a worker's chain does not count. */
export const ChainRefusal = {
  /** It is not two certificates that can be read: the worker's, then its CA's. */
  BadChain: "BadChain",
  /** No peer, or more than one entry of the peer list, has the member's name. */
  UnknownMember: "UnknownMember",
  /** No identity key of the member issued the CA's certificate. */
  WrongIdentityKey: "WrongIdentityKey",
  /** The CA did not sign the worker's certificate. */
  WrongIssuer: "WrongIssuer",
  /** A certificate has another name than it must, or more, or a worker is not of the member whose CA signed it. */
  WrongName: "WrongName",
  /** The worker's certificate does not say whose data it trains on: it is one for TLS. */
  NoDataName: "NoDataName",
  /** A certificate is not for what it is used for. */
  WrongUsage: "WrongUsage",
  /** The worker's key is of another kind. */
  NotEd25519: "NotEd25519",
  /** A certificate's time is over. */
  Expired: "Expired",
  /** A certificate's time has not begun. */
  NotYetValid: "NotYetValid",
} as const;
/** One of the values of {@link ChainRefusal}. */
export type ChainRefusal = (typeof ChainRefusal)[keyof typeof ChainRefusal];

/** A member that an admin trusts, as the peer list names it. */
export interface TrustedPeer {
  readonly organisation: string;
  readonly member: string;
  /** Ed25519 public keys of 32 bytes: two while one replaces the other. */
  readonly identityKeys: readonly Uint8Array[];
}

/** What a chain is judged by. */
export interface ChainTrust {
  readonly peers: readonly TrustedPeer[];
  readonly nowMs: number;
  /** How far clocks of members may differ, in milliseconds. */
  readonly toleranceMs: number;
}

/** A worker that its member vouches for. */
export interface VerifiedWorker {
  /** As the peer list says. */
  readonly organisation: string;
  readonly member: string;
  readonly worker: WorkerIdentity;
  /** The worker's identity as its certificate holds it. */
  readonly uri: string;
  readonly dataName: DataName;
  /** Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** SHA-256 of the worker's certificate, 32 bytes. */
  readonly certificateSha256: Uint8Array;
}

/** A worker, or why the chain shows none. */
export type ChainVerdict =
  | { readonly ok: true; readonly verified: VerifiedWorker }
  | { readonly ok: false; readonly refusal: ChainRefusal; readonly why: string };

/** Bits of the key usage. */
const KeyUsage = { digitalSignature: 1, keyCertSign: 32 } as const;
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

class Refused extends Error {
  readonly refusal: ChainRefusal;

  constructor(refusal: ChainRefusal, why: string) {
    super(why);
    this.refusal = refusal;
  }
}

/**
 * Whether a member that the peer list names vouches for a worker. Nothing but the chain, the list and the time counts: no CA of a hub, no
 * file, and nothing that was verified before.
 *
 * @param chainDer the worker's certificate, then the CA's as the member's identity key issued it.
 */
export function verifyMemberChain(chainDer: readonly Uint8Array[], trust: ChainTrust): ChainVerdict {
  try {
    if (chainDer.length !== 2)
      throw new Refused("BadChain", `the chain has ${chainDer.length} certificates, must have 2`);
    const [leaf, ca] = [readNamed("the worker's", chainDer[0]!), readNamed("the CA's", chainDer[1]!)];
    const peer = requireIssuedByPeer(ca, trust);
    requireUsage("the CA's", isUsableCa(ca));
    requireTime("the CA's", ca, trust);
    return { ok: true, verified: { ...peer, ...readWorker(leaf, ca, peer.member, trust) } };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, refusal: error.refusal, why: error.message };
    throw error;
  }
}

function readNamed(whose: string, der: Uint8Array): ReadCertificate {
  try {
    return readCertificateDer(der);
  } catch (error) {
    if (!(error instanceof CertificateRefused)) throw error;
    throw new Refused("BadChain", `${whose} certificate ${error.message}`);
  }
}

/** The peer whose identity key issued the CA's certificate. */
function requireIssuedByPeer(
  ca: ReadCertificate,
  { peers }: ChainTrust,
): Pick<VerifiedWorker, "organisation" | "member"> {
  const [uri = ""] = ca.uris;
  const member = parseMemberUri(uri);
  if (member === undefined || ca.uris.length !== 1 || ca.otherNames.length !== 0)
    throw new Refused("WrongName", `the CA's certificate must have one name, a member's, and has ${tellNames(ca)}`);
  const found = peers.filter((peer) => peer.member === member);
  if (found.length !== 1)
    throw new Refused("UnknownMember", `the peer list has ${found.length} entries for member ${member}, must have one`);
  const [peer] = found;
  if (!peer!.identityKeys.some((key) => isSignedBy(ca, key)))
    throw new Refused("WrongIdentityKey", `no identity key of member ${member} issued the CA's certificate`);
  return { organisation: peer!.organisation, member };
}

type WorkerPart = Omit<VerifiedWorker, "organisation" | "member">;

function readWorker(leaf: ReadCertificate, ca: ReadCertificate, member: string, trust: ChainTrust): WorkerPart {
  if (!leaf.node.checkIssued(ca.node) || !leaf.node.verify(ca.node.publicKey))
    throw new Refused("WrongIssuer", `the CA of member ${member} did not sign the worker's certificate`);
  const names = readWorkerNames(leaf, member);
  requireUsage("the worker's", isUsableLeaf(leaf));
  requireTime("the worker's", leaf, trust);
  const publicKey = ed25519KeyOf(leaf.node);
  if (publicKey === undefined)
    throw new Refused("NotEd25519", `${names.uri} has a key of type ${leaf.node.publicKey.asymmetricKeyType}`);
  return { ...names, publicKey, certificateSha256: certificateSha256(leaf.node) };
}

/** Exactly a worker of the member and its data name. */
function readWorkerNames(leaf: ReadCertificate, member: string): Pick<WorkerPart, "uri" | "worker" | "dataName"> {
  const workers = leaf.uris.flatMap((uri) => ({ uri, worker: parseWorkerUri(uri) })).filter(isWorker);
  const dataNames = leaf.uris.flatMap((uri) => parseDataNameUri(uri) ?? []);
  const [first] = workers;
  const isClosed = leaf.otherNames.length === 0 && leaf.uris.length === workers.length + dataNames.length;
  if (first === undefined || workers.length !== 1 || dataNames.length > 1 || !isClosed)
    throw new Refused(
      "WrongName",
      `the worker's certificate must name one worker and its data, and has ${tellNames(leaf)}`,
    );
  const { uri, worker } = first;
  if (worker.cluster !== member) throw new Refused("WrongName", `the CA of member ${member} signed ${uri}`);
  const [dataName] = dataNames;
  if (dataName === undefined) throw new Refused("NoDataName", `the certificate of ${uri} has no data name`);
  if (dataName.index !== worker.workerIndex)
    throw new Refused("WrongName", `the data name of ${uri} has index ${dataName.index}`);
  return { uri, worker, dataName };
}

interface NamedWorker {
  readonly uri: string;
  readonly worker: WorkerIdentity;
}

function isWorker(named: { readonly uri: string; readonly worker: WorkerIdentity | undefined }): named is NamedWorker {
  return named.worker !== undefined;
}

function isSignedBy({ node }: ReadCertificate, identityKey: Uint8Array): boolean {
  return identityKey.length === 32 && node.verify(ed25519PublicKey(identityKey));
}

function ed25519PublicKey(raw: Uint8Array): KeyObject {
  const x = Buffer.from(raw).toString("base64url");
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
}

/** It signs leaves, and no CA below it. */
function isUsableCa({ isCa, pathLength, keyUsage = 0 }: ReadCertificate): boolean {
  return isCa && pathLength === 0 && (keyUsage & KeyUsage.keyCertSign) !== 0;
}

/** It signs messages, as a client, and no certificate. */
function isUsableLeaf({ isCa, keyUsage = 0, extendedKeyUsage }: ReadCertificate): boolean {
  const signs = (keyUsage & KeyUsage.digitalSignature) !== 0 && (keyUsage & KeyUsage.keyCertSign) === 0;
  return !isCa && signs && extendedKeyUsage.includes(CLIENT_AUTH);
}

function requireUsage(whose: string, isUsable: boolean): void {
  if (!isUsable) throw new Refused("WrongUsage", `${whose} certificate is not made for this use`);
}

function requireTime(whose: string, certificate: ReadCertificate, { nowMs, toleranceMs }: ChainTrust): void {
  const time = (ms: number) => new Date(ms).toISOString();
  const { fromMs, throughMs } = certificate;
  if (nowMs > throughMs + toleranceMs)
    throw new Refused("Expired", `${whose} certificate ended at ${time(throughMs)}, and it is ${time(nowMs)}`);
  if (nowMs < fromMs - toleranceMs)
    throw new Refused("NotYetValid", `${whose} certificate begins at ${time(fromMs)}, and it is ${time(nowMs)}`);
}

/** Names of another party, in one short line. */
function tellNames({ uris, otherNames }: ReadCertificate): string {
  const shown = JSON.stringify([...uris, ...otherNames.map((kind) => `a name of kind ${kind}`)]);
  return shown.length > 200 ? `${shown.slice(0, 200)}…` : shown;
}
