import "reflect-metadata";
import { webcrypto } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

cryptoProvider.set(webcrypto as never);
const ED25519 = { name: "Ed25519" };
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

/** A certificate and its key, PEM. */
export interface PemIdentity {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** A CA that tests sign with, in place of a gate or of the operator. */
export interface TestAuthority {
  readonly certificatePem: string;
  /** A client certificate with one URI name. */
  issueClient(uri: string): Promise<PemIdentity>;
  /** A certificate for an endpoint with one DNS name. */
  issueEndpoint(dnsName: string): Promise<PemIdentity>;
}

/** Makes a CA with an Ed25519 key. */
export async function createTestAuthority(name: string): Promise<TestAuthority> {
  const keys = await makeKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys: keys as never,
    signingAlgorithm: ED25519 as never,
    ...validity(),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey as never),
    ],
  });
  const issue = async (extension: ConstructorParameters<typeof SubjectAlternativeNameExtension>[0], usage: string) =>
    issueLeaf(certificate, keys, extension, usage);
  return {
    certificatePem: certificate.toString("pem"),
    issueClient: (uri) => issue([{ type: "url", value: uri }], CLIENT_AUTH),
    issueEndpoint: (dnsName) => issue([{ type: "dns", value: dnsName }], SERVER_AUTH),
  };
}

async function issueLeaf(
  issuer: X509Certificate,
  issuerKeys: webcrypto.CryptoKeyPair,
  names: ConstructorParameters<typeof SubjectAlternativeNameExtension>[0],
  usage: string,
): Promise<PemIdentity> {
  const keys = await makeKeys();
  const certificate = await X509CertificateGenerator.create({
    subject: "CN=test",
    issuer: issuer.subject,
    signingKey: issuerKeys.privateKey as never,
    publicKey: keys.publicKey as never,
    signingAlgorithm: ED25519 as never,
    ...validity(),
    extensions: [
      new SubjectAlternativeNameExtension(names),
      new ExtendedKeyUsageExtension([usage]),
      await AuthorityKeyIdentifierExtension.create(issuerKeys.publicKey as never),
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { certificatePem: certificate.toString("pem"), keyPem: PemConverter.encode(pkcs8, "PRIVATE KEY") };
}

function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]) as Promise<webcrypto.CryptoKeyPair>;
}

function validity(): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + 3_600_000) };
}
