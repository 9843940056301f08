// @peculiar/x509 throws while loading unless the reflection metadata API is there first.
import "reflect-metadata";
import { createPrivateKey, createPublicKey, type KeyObject, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import { join } from "node:path";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsageExtension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import {
  type Disk,
  isStorageError,
  readFileIfPresent,
  realDisk,
  TributaryError,
  writeFileDurably,
} from "@tributary/kit";

cryptoProvider.set(webcrypto as never);

const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const YEAR_MS = 365 * 24 * 3_600_000;
/** Certificates are valid before they were made, for machines whose clocks differ. */
const SKEW_MS = 3_600_000;

/** A certificate with its key, PEM. */
export interface PemKeyPair {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** Certificate and key of the gate's endpoint. */
export interface EndpointKeyPair extends PemKeyPair {
  /** When another must be made, in epoch milliseconds: after eleven twelfths of its life, which ends with that of the CA. */
  readonly renewAtMs: number;
}

/** The gate's CA: signs workers' keys and the gate's own endpoint. */
export interface CertificateAuthority {
  readonly certificatePem: string;
  /** DER of the CA's certificate. */
  readonly certificateDer: Uint8Array;
  /** A client certificate in DER for a public key, with one URI name. */
  signWorker(publicKey: CryptoKey, uri: string, notAfter: Date): Promise<Uint8Array>;
  /** A new key and certificate for the gate's endpoint. */
  makeEndpoint(names: readonly string[]): Promise<EndpointKeyPair>;
}

type CryptoKey = webcrypto.CryptoKey;
type Keys = Pick<webcrypto.CryptoKeyPair, "privateKey" | "publicKey">;

interface Issuer {
  readonly certificate: X509Certificate;
  readonly keys: Keys;
  readonly signingAlgorithm: object;
}

/**
 * Opens the CA of a directory (`ca.crt`, `ca.key`), or makes one with an Ed25519 key when both are absent.
 *
 * @throws STORAGE_FULL, STORAGE_UNAVAILABLE; CONFIGURATION_INVALID when only one of the files is there, they do not fit together, or a new CA cannot be written.
 */
export async function openAuthority(
  directory: string,
  commonName: string,
  disk: Disk = realDisk,
): Promise<CertificateAuthority> {
  const certificatePath = join(directory, "ca.crt");
  const keyPath = join(directory, "ca.key");
  const certificatePem = (await readFileIfPresent(certificatePath, disk))?.toString("utf8");
  const keyPem = (await readFileIfPresent(keyPath, disk))?.toString("utf8");
  if (certificatePem !== undefined && keyPem !== undefined)
    return authorityOf(await loadIssuer(directory, certificatePem, keyPem));
  if (certificatePem !== undefined) throw invalid(directory, "holds ca.crt without ca.key");
  // A crash between the two files leaves the key alone: its certificate was never given out.
  const made = await makeIssuer(commonName);
  try {
    const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", made.keys.privateKey);
    await writeFileDurably(keyPath, `${PemConverter.encode(pkcs8, "PRIVATE KEY")}\n`, 0o600, disk);
    await writeFileDurably(certificatePath, `${made.certificate.toString("pem")}\n`, 0o644, disk);
  } catch (cause) {
    if (isStorageError(cause)) throw cause;
    throw invalid(directory, "cannot be written", cause);
  }
  return authorityOf(made);
}

function authorityOf(issuer: Issuer): CertificateAuthority {
  return {
    certificatePem: `${issuer.certificate.toString("pem")}\n`,
    certificateDer: new Uint8Array(issuer.certificate.rawData),
    async signWorker(publicKey, uri, notAfter) {
      const leaf = await issueLeaf(issuer, publicKey, [{ type: "url", value: uri }], CLIENT_AUTH, notAfter);
      return new Uint8Array(leaf.rawData);
    },
    async makeEndpoint(names) {
      const keys = await makeKeys();
      const alternatives = names.map(
        (name): JsonGeneralName => ({ type: isIP(name) === 0 ? "dns" : "ip", value: name }),
      );
      const leaf = await issueLeaf(issuer, keys.publicKey, alternatives, SERVER_AUTH, new Date(Date.now() + YEAR_MS));
      const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
      const renewAtMs = Date.now() + ((leaf.notAfter.getTime() - Date.now()) * 11) / 12;
      return { certificatePem: leaf.toString("pem"), keyPem: PemConverter.encode(pkcs8, "PRIVATE KEY"), renewAtMs };
    },
  };
}

async function issueLeaf(
  issuer: Issuer,
  publicKey: CryptoKey,
  names: JsonGeneralName[],
  usage: string,
  notAfter: Date,
) {
  return X509CertificateGenerator.create({
    subject: usage === CLIENT_AUTH ? "CN=tributary-worker" : "CN=tributary-gate",
    issuer: issuer.certificate.subject,
    signingKey: issuer.keys.privateKey as never,
    publicKey: publicKey as never,
    signingAlgorithm: issuer.signingAlgorithm as never,
    notBefore: new Date(Date.now() - SKEW_MS),
    notAfter: new Date(Math.min(notAfter.getTime(), issuer.certificate.notAfter.getTime())),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([usage]),
      new SubjectAlternativeNameExtension(names),
      await AuthorityKeyIdentifierExtension.create(issuer.keys.publicKey as never),
    ],
  });
}

async function makeIssuer(commonName: string): Promise<Issuer> {
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

async function loadIssuer(directory: string, certificatePem: string, keyPem: string): Promise<Issuer> {
  const privateKey = createPrivateKey(keyPem);
  const publicKey = createPublicKey(privateKey);
  const algorithms = algorithmsOf(directory, privateKey);
  const { subtle } = webcrypto;
  const certificate = new X509Certificate(certificatePem);
  const spki = publicKey.export({ format: "der", type: "spki" });
  if (!spki.equals(Buffer.from(certificate.publicKey.rawData)))
    throw invalid(directory, "holds a ca.key that is not ca.crt's");
  const pkcs8 = privateKey.export({ format: "der", type: "pkcs8" });
  const keys = {
    privateKey: await subtle.importKey("pkcs8", pkcs8, algorithms.key, false, ["sign"]),
    publicKey: await subtle.importKey("spki", spki, algorithms.key, true, ["verify"]),
  };
  return { certificate, keys, signingAlgorithm: algorithms.signing };
}

/** WebCrypto's names for the keys that charts and people make: Ed25519, P-256, P-384 and RSA. */
function algorithmsOf(
  directory: string,
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
  throw invalid(directory, `holds a ca.key of type ${key.asymmetricKeyType}, must be Ed25519, P-256, P-384 or RSA`);
}

function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]) as Promise<webcrypto.CryptoKeyPair>;
}

function invalid(directory: string, why: string, cause?: unknown): TributaryError {
  return new TributaryError("CONFIGURATION_INVALID", `${directory} ${why}`, { cause, details: { directory } });
}
