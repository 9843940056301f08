import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { operatorIdentity } from "@tributary/contracts";
import type { TlsMaterial } from "@tributary/kit";

const algorithm = { name: "Ed25519" } as const;
const dayMs = 24 * 60 * 60 * 1000;
/** Certificates are valid before they were made, for machines whose clocks differ. */
const clockSkewMs = 60 * 60 * 1000;

x509.cryptoProvider.set(webcrypto as never);

/** A certificate with its private key, both PEM. */
export interface KeyPairPem {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** Makes the CA of one job. Its key lies in a Secret on the hub; no promise of the product rests on it. */
export async function issueJobCa(jobName: string, nowMs: number): Promise<KeyPairPem> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerialNumber(),
    name: `CN=${jobName} job CA`,
    notBefore: new Date(nowMs - clockSkewMs),
    notAfter: new Date(nowMs + 5 * 365 * dayMs),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  return { certificatePem: certificate.toString("pem"), keyPem: await exportKey(keys.privateKey) };
}

/** Issues the aggregator's certificate for `serverName`. */
export function issueAggregatorCertificate(ca: KeyPairPem, serverName: string, nowMs: number): Promise<KeyPairPem> {
  return issueLeaf(ca, {
    name: serverName,
    usage: x509.ExtendedKeyUsage.serverAuth,
    san: { type: "dns", value: serverName },
    endMs: nowMs + 4 * 365 * dayMs,
    nowMs,
  });
}

/** Issues the certificate by which the operator calls an aggregator; it lives in memory for `lifetimeMs`. */
export async function issueOperatorCertificate(
  ca: KeyPairPem,
  nowMs: number,
  lifetimeMs: number,
): Promise<TlsMaterial> {
  const leaf = await issueLeaf(ca, {
    name: "operator",
    usage: x509.ExtendedKeyUsage.clientAuth,
    san: { type: "url", value: operatorIdentity },
    endMs: nowMs + lifetimeMs,
    nowMs,
  });
  return { caPem: ca.certificatePem, ...leaf };
}

interface LeafRequest {
  readonly name: string;
  readonly usage: x509.ExtendedKeyUsage;
  readonly san: { readonly type: "dns" | "url"; readonly value: string };
  readonly nowMs: number;
  readonly endMs: number;
}

async function issueLeaf(ca: KeyPairPem, request: LeafRequest): Promise<KeyPairPem> {
  const issuer = new x509.X509Certificate(ca.certificatePem);
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerialNumber(),
    subject: `CN=${request.name}`.slice(0, 64),
    issuer: issuer.subject,
    notBefore: new Date(request.nowMs - clockSkewMs),
    notAfter: new Date(request.endMs),
    publicKey: keys.publicKey,
    signingKey: await importKey(ca.keyPem),
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([request.usage]),
      new x509.SubjectAlternativeNameExtension([request.san]),
    ],
  });
  return { certificatePem: certificate.toString("pem"), keyPem: await exportKey(keys.privateKey) };
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const [der] = x509.PemConverter.decode(pem);
  if (der === undefined) throw new RangeError("the CA key is no PEM text");
  return (await webcrypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"])) as webcrypto.CryptoKey;
}

function newSerialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return Buffer.from(bytes).toString("hex");
}
