// @peculiar/x509 throws while loading unless the reflection metadata API is there first.
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import type { Clock } from "@tributary/kit";
import { formatMemberUri } from "../../shared/identity/member-uri.ts";
import type { IdentityKey } from "../identity/member-identity.ts";
import type { CertificateAuthority, CertificateTimes } from "./certificate-authority.ts";
import { type CryptoKey, type Issuer, SKEW_MS } from "./issuer.ts";

/** Life of what the identity key says of the CA's key; it is said anew when half of that is over. */
const CROSS_LIFETIME_MS = 7 * 24 * 3_600_000;
/** Life of the certificate by which other members' sidecars know a worker. */
const ROSTER_LIFETIME_MS = 5 * 60_000;

/** What certifies a member's workers to other members. */
export interface CertifierDeps {
  readonly authority: CertificateAuthority;
  readonly identity: IdentityKey;
  /** Name of the member cluster. */
  readonly member: string;
  readonly clock: Clock;
}

/** A worker's chain for other members. */
export interface RosterChain {
  /** In DER: the worker's certificate, then the CA's as the identity key issued it. */
  readonly chainDer: readonly Uint8Array[];
  /** End of the worker's certificate, in epoch milliseconds. */
  readonly endMs: number;
}

/** Certifies workers to other members: their keys for five minutes, by the CA, whose key the member's identity key vouches for. */
export class MemberCertifier {
  readonly #deps: CertifierDeps;
  #cross: Promise<Uint8Array> | undefined;
  /** Between which times the one that is there is given out. */
  #times = { fromMs: 0, renewAtMs: 0 };

  constructor(deps: CertifierDeps) {
    this.#deps = deps;
  }

  /** A chain for a public key with a worker's URIs. */
  async certify(publicKey: CryptoKey, uris: readonly string[]): Promise<RosterChain> {
    const { authority, clock } = this.#deps;
    const cross = await this.#presentCross();
    const nowMs = clock.nowMs();
    // A certificate tells its end in seconds.
    const endMs = Math.floor(Math.min(nowMs + ROSTER_LIFETIME_MS, authority.endMs) / 1000) * 1000;
    const leaf = await authority.signWorker(publicKey, uris, { nowMs, endMs });
    return { chainDer: [leaf, cross], endMs };
  }

  #presentCross(): Promise<Uint8Array> {
    const { authority, clock } = this.#deps;
    const nowMs = clock.nowMs();
    const { fromMs, renewAtMs } = this.#times;
    // A clock that was ahead when it was made, and is set right, leaves one that counts for nobody yet.
    if (this.#cross !== undefined && nowMs >= fromMs && nowMs < renewAtMs) return this.#cross;
    const endMs = Math.min(nowMs + CROSS_LIFETIME_MS, authority.endMs);
    const made = crossCertify(this.#deps, { nowMs, endMs });
    this.#cross = made;
    this.#times = { fromMs: nowMs, renewAtMs: nowMs + (endMs - nowMs) / 2 };
    made.catch(() => {
      if (this.#cross === made) this.#cross = undefined;
    });
    return made;
  }
}

/** The identity key's certificate for the CA's key and name (a cross-certificate, RFC 4949). */
async function crossCertify(
  { authority, identity, member }: CertifierDeps,
  { nowMs, endMs }: CertificateTimes,
): Promise<Uint8Array> {
  const keys = await webCryptoKeysOf(identity);
  const { certificate } = authority.issuer;
  const cross = await X509CertificateGenerator.create({
    subject: certificate.subjectName,
    issuer: `CN=${member} identity`,
    signingKey: keys.privateKey as never,
    publicKey: authority.issuer.keys.publicKey as never,
    signingAlgorithm: { name: "Ed25519" } as never,
    notBefore: new Date(nowMs - SKEW_MS),
    notAfter: new Date(endMs),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      new SubjectAlternativeNameExtension([{ type: "url", value: formatMemberUri(member) }]),
      await subjectKeyIdOf(certificate, authority.issuer),
      await AuthorityKeyIdentifierExtension.create(keys.publicKey as never),
    ],
  });
  return new Uint8Array(cross.rawData);
}

/** As the CA's own certificate names the key, because workers' certificates name their issuer so. */
async function subjectKeyIdOf(ca: X509Certificate, { keys }: Issuer): Promise<SubjectKeyIdentifierExtension> {
  const own = ca.getExtension(SubjectKeyIdentifierExtension);
  if (own !== null) return new SubjectKeyIdentifierExtension(own.keyId);
  return SubjectKeyIdentifierExtension.create(keys.publicKey as never);
}

async function webCryptoKeysOf({ privateKey, publicKey }: IdentityKey) {
  const { subtle } = webcrypto;
  const pkcs8 = privateKey.export({ format: "der", type: "pkcs8" });
  return {
    privateKey: await subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]),
    publicKey: await subtle.importKey("raw", publicKey, "Ed25519", true, ["verify"]),
  };
}
