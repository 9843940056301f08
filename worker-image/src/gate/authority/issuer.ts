// @peculiar/x509 throws while loading unless the reflection metadata API is there first.
import "reflect-metadata";
import { createPrivateKey, createPublicKey, type KeyObject, webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  cryptoProvider,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { TributaryError } from "@tributary/kit";

cryptoProvider.set(webcrypto as never);

/** A key of WebCrypto. */
export type CryptoKey = webcrypto.CryptoKey;

/** A certificate with its keys, ready to sign. */
export interface Issuer {
  readonly certificate: X509Certificate;
  readonly keys: Pick<webcrypto.CryptoKeyPair, "privateKey" | "publicKey">;
  readonly signingAlgorithm: object;
}

const YEAR_MS = 365 * 24 * 3_600_000;
/** Certificates are valid before they were made, for machines whose clocks differ. */
export const SKEW_MS = 3_600_000;

/** A new pair of Ed25519 keys. */
export function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]) as Promise<webcrypto.CryptoKeyPair>;
}

/** A new CA for ten years, which signs leaves alone. */
export async function makeIssuer(commonName: string): Promise<Issuer> {
  const keys = await makeKeys();
  const signingAlgorithm = { name: "Ed25519" };
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${commonName}`,
    keys: keys as never,
    signingAlgorithm: signingAlgorithm as never,
    notBefore: new Date(Date.now() - SKEW_MS),
    notAfter: new Date(Date.now() + 10 * YEAR_MS),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey as never),
    ],
  });
  return { certificate, keys, signingAlgorithm };
}

/** A CA as two files hold it. @throws CONFIGURATION_INVALID when they cannot be read or do not belong together. */
export async function readIssuer(paths: CaPaths, certificatePem: string, keyPem: string): Promise<Issuer> {
  const certificate = parse(paths.certificate, "a certificate", () => new X509Certificate(certificatePem));
  const privateKey = parse(paths.key, "a private key", () => createPrivateKey(keyPem));
  const publicKey = createPublicKey(privateKey);
  const algorithms = algorithmsOf(paths.key, privateKey);
  const spki = publicKey.export({ format: "der", type: "spki" });
  if (!spki.equals(Buffer.from(certificate.publicKey.rawData)))
    throw invalid(paths.key, `holds a key that is not ${paths.certificate}'s`);
  const { subtle } = webcrypto;
  const pkcs8 = privateKey.export({ format: "der", type: "pkcs8" });
  const keys = {
    privateKey: await subtle.importKey("pkcs8", pkcs8, algorithms.key, false, ["sign"]),
    publicKey: await subtle.importKey("spki", spki, algorithms.key, true, ["verify"]),
  };
  return { certificate, keys, signingAlgorithm: algorithms.signing };
}

/** Where a CA lies. */
export interface CaPaths {
  readonly certificate: string;
  readonly key: string;
}

/** WebCrypto's names for the keys that charts and people make: Ed25519, P-256, P-384 and RSA. */
function algorithmsOf(
  path: string,
  key: KeyObject,
): { readonly key: webcrypto.EcKeyImportParams; readonly signing: object } {
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (key.asymmetricKeyType === "ed25519") return { key: { name: "Ed25519" } as never, signing: { name: "Ed25519" } };
  if (key.asymmetricKeyType === "ec" && (curve === "prime256v1" || curve === "secp384r1")) {
    const namedCurve = curve === "prime256v1" ? "P-256" : "P-384";
    return { key: { name: "ECDSA", namedCurve }, signing: { name: "ECDSA", hash: "SHA-256" } };
  }
  if (key.asymmetricKeyType === "rsa") {
    const rsa = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    return { key: rsa as never, signing: rsa };
  }
  throw invalid(path, `holds a key of type ${key.asymmetricKeyType}, must be Ed25519, P-256, P-384 or RSA`);
}

function parse<T>(path: string, what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw invalid(path, `does not hold ${what} in PEM`, cause);
  }
}

/** What is wrong with a file of a CA. */
export function invalid(path: string, why: string, cause?: unknown): TributaryError {
  return new TributaryError("CONFIGURATION_INVALID", `${path} ${why}`, { cause, details: { path } });
}
