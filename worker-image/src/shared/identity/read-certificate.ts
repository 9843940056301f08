// @peculiar/x509 throws while loading unless the reflection metadata API is there first.
import "reflect-metadata";
import { createHash, type KeyObject, X509Certificate as NodeCertificate } from "node:crypto";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509Certificate,
} from "@peculiar/x509";
import { RecentMap } from "../recent-map.ts";

/** A certificate as another party sent it, read in every part that its meaning depends on. */
export interface ReadCertificate {
  /** For signatures, issuers and keys. */
  readonly node: NodeCertificate;
  /** Whether it may sign certificates, by its basic constraints. */
  readonly isCa: boolean;
  /** Most CAs that may stand between it and a leaf; `undefined` for no bound. */
  readonly pathLength: number | undefined;
  /** Bits of the key usage, as X.509 numbers them; `undefined` where it is left out. */
  readonly keyUsage: number | undefined;
  /** OIDs of the extended key usage; empty where it is left out. */
  readonly extendedKeyUsage: readonly string[];
  /** URIs of the subject alternative names. */
  readonly uris: readonly string[];
  /** Kinds of its subject alternative names that are no URIs. */
  readonly otherNames: readonly string[];
  readonly fromMs: number;
  readonly throughMs: number;
}

/**
 * Certificates that are remembered: a roster shows the CA of a member once for each of its seats, and most of its leaves again in the next
 * round. Those of some hundred seats before and after they were renewed.
 */
const MAX_REMEMBERED = 512;
/** What bytes say, by their digest; whether it counts is judged anew each time. */
const remembered = new RecentMap<string, ReadCertificate>(MAX_REMEMBERED);

/** No certificate of ours has more; a CA with a large RSA key has about 2,000 bytes. */
const MAX_BYTES = 8_192;
/** SHA-1 and MD5 can be made to collide. */
const HASHES = new Set(["SHA-256", "SHA-384", "SHA-512"]);
const SHORTEST_RSA_BITS = 2_048;
/** Extensions that change what a certificate means, and that are read here; key identifiers mean nothing beside a signature that is checked. */
const KNOWN_EXTENSIONS = new Set(["2.5.29.14", "2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.35", "2.5.29.37"]);

/** Thrown for bytes that are no certificate which counts; its message completes the sentence "certificate … ". */
export class CertificateRefused extends Error {}

/**
 * Reads a certificate in DER.
 *
 * @throws CertificateRefused for bytes that are not exactly one, for an extension that is there twice or is critical and unknown, for a weak
 * signature or key.
 */
export function readCertificateDer(der: Uint8Array): ReadCertificate {
  if (der.length > MAX_BYTES) throw new CertificateRefused(`has ${der.length} bytes, must have at most ${MAX_BYTES}`);
  const sha256 = createHash("sha256").update(der).digest("hex");
  try {
    const known = remembered.get(sha256) ?? read(der);
    remembered.set(sha256, known);
    return known;
  } catch (error) {
    if (error instanceof CertificateRefused) throw error;
    // Parsers complain in words of their own, some of them only when a part is asked for.
    throw new CertificateRefused("cannot be read");
  }
}

function read(der: Uint8Array): ReadCertificate {
  const node = new NodeCertificate(der);
  // Node takes PEM, and bytes behind the end: two sequences of bytes would be one certificate.
  if (!node.raw.equals(der)) throw new CertificateRefused("is not DER of one certificate and nothing else");
  const parsed = new X509Certificate(der as Uint8Array<ArrayBuffer>);
  refuseExtensions(parsed.extensions);
  refuseWeakSignature(parsed.signatureAlgorithm);
  refuseWeakKey(node.publicKey);
  const constraints = parsed.getExtension(BasicConstraintsExtension);
  const names = parsed.getExtension(SubjectAlternativeNameExtension)?.names.toJSON() ?? [];
  return {
    node,
    isCa: constraints?.ca ?? false,
    pathLength: constraints?.pathLength,
    keyUsage: parsed.getExtension(KeyUsagesExtension)?.usages,
    extendedKeyUsage: (parsed.getExtension(ExtendedKeyUsageExtension)?.usages ?? []).map(String),
    uris: names.filter(({ type }) => type === "url").map(({ value }) => String(value)),
    otherNames: names.filter(({ type }) => type !== "url").map(({ type }) => type),
    fromMs: parsed.notBefore.getTime(),
    throughMs: parsed.notAfter.getTime(),
  };
}

function refuseExtensions(extensions: readonly Extension[]): void {
  const seen = new Set<string>();
  for (const { type, critical } of extensions) {
    if (seen.has(type)) throw new CertificateRefused(`has extension ${type} twice`);
    if (critical && !KNOWN_EXTENSIONS.has(type))
      throw new CertificateRefused(`has the critical extension ${type}, which is not known`);
    seen.add(type);
  }
}

function refuseWeakSignature(algorithm: object): void {
  const { name = "", hash = {} } = algorithm as { readonly name?: string; readonly hash?: { readonly name?: string } };
  if (name === "Ed25519" || HASHES.has(hash.name ?? "")) return;
  throw new CertificateRefused(`is signed with ${name} over ${hash.name ?? "no known digest"}`);
}

function refuseWeakKey({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): void {
  const bits = asymmetricKeyDetails?.modulusLength;
  if (asymmetricKeyType === "rsa" && (bits ?? 0) < SHORTEST_RSA_BITS)
    throw new CertificateRefused(`has an RSA key of ${bits} bits, must have at least ${SHORTEST_RSA_BITS}`);
}
