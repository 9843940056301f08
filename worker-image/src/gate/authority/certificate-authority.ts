// @peculiar/x509 throws while loading unless the reflection metadata API is there first.
import "reflect-metadata";
import { createHash, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import { join } from "node:path";
import { type JsonGeneralName, PemConverter } from "@peculiar/x509";
import { type Disk, isStorageError, readFileIfPresent, writeFileDurably } from "@tributary/kit";
import { issueLeaf, Usage } from "./issue-leaf.ts";
import { type CaPaths, type CryptoKey, type Issuer, invalid, makeIssuer, makeKeys, readIssuer } from "./issuer.ts";

const YEAR_MS = 365 * 24 * 3_600_000;

/** A certificate with its key, PEM. */
export interface PemKeyPair {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** Certificate and key of the gate's endpoints. */
export interface EndpointKeyPair extends PemKeyPair {
  /** From when it counts, in epoch milliseconds: a clock that was ahead when it was made leaves one that counts later. */
  readonly fromMs: number;
  /** When another must be made, in epoch milliseconds: after eleven twelfths of its life, which ends with that of the CA. */
  readonly renewAtMs: number;
}

/** Between which times a certificate is wanted, in epoch milliseconds; it begins an hour earlier and ends with its issuer at the latest. */
export interface CertificateTimes {
  readonly nowMs: number;
  readonly endMs: number;
}

/** A CA of the gate: signs workers' keys and the gate's own endpoints. */
export interface CertificateAuthority {
  readonly certificatePem: string;
  /** DER of the CA's certificate. */
  readonly certificateDer: Uint8Array;
  /** SHA-256 of the certificate's DER in lower-case hexadecimal, as `openssl x509 -fingerprint -sha256` shows it. */
  readonly fingerprint: string;
  readonly endMs: number;
  /** What certifies the CA's key elsewhere. */
  readonly issuer: Issuer;
  /** A client certificate in DER for a public key, with names that are URIs. */
  signWorker(publicKey: CryptoKey, uris: readonly string[], times: CertificateTimes): Promise<Uint8Array>;
  /** A new key and certificate for the gate's endpoints. */
  makeEndpoint(names: readonly string[]): Promise<EndpointKeyPair>;
}

/** Whether an endpoint's certificate counts and need not be made anew yet. */
export function isInItsTime(
  { fromMs, renewAtMs }: Pick<EndpointKeyPair, "fromMs" | "renewAtMs">,
  nowMs: number,
): boolean {
  return nowMs >= fromMs && nowMs < renewAtMs;
}

/** Paths of the CA of a name, for example `ca.crt` and `ca.key`. */
export function caPaths(directory: string, name: string): CaPaths {
  return { certificate: join(directory, `${name}.crt`), key: join(directory, `${name}.key`) };
}

/**
 * The CA of two files; `undefined` when there is none.
 *
 * @throws CONFIGURATION_INVALID when the certificate is there alone, cannot be read or is not the key's; STORAGE_UNAVAILABLE.
 */
export async function loadAuthority(paths: CaPaths, disk: Disk): Promise<CertificateAuthority | undefined> {
  const certificatePem = (await readFileIfPresent(paths.certificate, disk))?.toString("utf8");
  // A crash between the two files leaves the key alone: its certificate was never given out.
  if (certificatePem === undefined) return undefined;
  const keyPem = (await readFileIfPresent(paths.key, disk))?.toString("utf8");
  if (keyPem === undefined) throw invalid(paths.certificate, `is there without ${paths.key}`);
  return authorityOf(await readIssuer(paths, certificatePem, keyPem));
}

/** Makes a CA with an Ed25519 key, durably. @throws STORAGE_FULL, STORAGE_UNAVAILABLE, CONFIGURATION_INVALID when it cannot be written. */
export async function makeAuthority(paths: CaPaths, commonName: string, disk: Disk): Promise<CertificateAuthority> {
  const made = await makeIssuer(commonName);
  try {
    const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", made.keys.privateKey);
    await writeFileDurably(paths.key, `${PemConverter.encode(pkcs8, "PRIVATE KEY")}\n`, 0o600, disk);
    await writeFileDurably(paths.certificate, `${made.certificate.toString("pem")}\n`, 0o644, disk);
  } catch (cause) {
    if (isStorageError(cause)) throw cause;
    throw invalid(paths.key, "cannot be written", cause);
  }
  return authorityOf(made);
}

function authorityOf(issuer: Issuer): CertificateAuthority {
  const certificateDer = new Uint8Array(issuer.certificate.rawData);
  return {
    certificatePem: `${issuer.certificate.toString("pem")}\n`,
    certificateDer,
    fingerprint: createHash("sha256").update(certificateDer).digest("hex"),
    endMs: issuer.certificate.notAfter.getTime(),
    issuer,
    async signWorker(publicKey, uris, times) {
      const names = uris.map((value): JsonGeneralName => ({ type: "url", value }));
      const terms = { commonName: "tributary-worker", names, usage: Usage.Client, ...times };
      return new Uint8Array((await issueLeaf(issuer, publicKey, terms)).rawData);
    },
    async makeEndpoint(hosts) {
      const keys = await makeKeys();
      const names = hosts.map((value): JsonGeneralName => ({ type: isIP(value) === 0 ? "dns" : "ip", value }));
      const nowMs = Date.now();
      const terms = { commonName: "tributary-gate", names, usage: Usage.Server, nowMs, endMs: nowMs + YEAR_MS };
      const leaf = await issueLeaf(issuer, keys.publicKey, terms);
      const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
      const renewAtMs = nowMs + ((leaf.notAfter.getTime() - nowMs) * 11) / 12;
      const times = { fromMs: leaf.notBefore.getTime(), renewAtMs };
      return { certificatePem: leaf.toString("pem"), keyPem: PemConverter.encode(pkcs8, "PRIVATE KEY"), ...times };
    },
  };
}
