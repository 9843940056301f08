// @peculiar/x509 throws while loading unless the reflection metadata API is there first.
import "reflect-metadata";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { type CryptoKey, type Issuer, SKEW_MS } from "./issuer.ts";

/** What a leaf may be used for. */
export const Usage = { Server: "1.3.6.1.5.5.7.3.1", Client: "1.3.6.1.5.5.7.3.2" } as const;

/** What a leaf says. */
export interface LeafTerms {
  readonly commonName: string;
  readonly names: readonly JsonGeneralName[];
  readonly usage: (typeof Usage)[keyof typeof Usage];
  readonly nowMs: number;
  /** Cut to the end of its issuer. */
  readonly endMs: number;
}

/** Signs a public key. */
export async function issueLeaf(issuer: Issuer, publicKey: CryptoKey, terms: LeafTerms): Promise<X509Certificate> {
  return X509CertificateGenerator.create({
    subject: `CN=${terms.commonName}`,
    issuer: issuer.certificate.subjectName,
    signingKey: issuer.keys.privateKey as never,
    publicKey: publicKey as never,
    signingAlgorithm: issuer.signingAlgorithm as never,
    notBefore: new Date(terms.nowMs - SKEW_MS),
    notAfter: new Date(Math.min(terms.endMs, issuer.certificate.notAfter.getTime())),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([terms.usage]),
      new SubjectAlternativeNameExtension([...terms.names]),
      await authorityKeyIdOf(issuer),
    ],
  });
}

/** By the name that the issuer's own certificate gives its key: tools differ in how they compute one. */
async function authorityKeyIdOf({ certificate, keys }: Issuer): Promise<AuthorityKeyIdentifierExtension> {
  const own = certificate.getExtension(SubjectKeyIdentifierExtension);
  if (own !== null) return new AuthorityKeyIdentifierExtension(own.keyId);
  return AuthorityKeyIdentifierExtension.create(keys.publicKey as never);
}
