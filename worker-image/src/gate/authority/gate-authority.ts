import "reflect-metadata";
import { createPrivateKey, createPublicKey, randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import { readFileIfPresent, TributaryError, writeFileDurably } from "@tributary/kit";

x509.cryptoProvider.set(webcrypto as never);

const ed25519 = { name: "Ed25519" } as const;
const clockSkewMs = 5 * 60 * 1000;
const dayMs = 24 * 60 * 60 * 1000;

/** A certificate and its key, PEM. */
export interface CertifiedKey {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** The CA of one member's gate. Its key never leaves the gate's own directory. */
export class GateAuthority {
  readonly #ca: x509.X509Certificate;
  readonly #key: webcrypto.CryptoKey;

  constructor(ca: x509.X509Certificate, key: webcrypto.CryptoKey) {
    this.#ca = ca;
    this.#key = key;
  }

  /** The CA's certificate in DER. */
  get certificateDer(): Uint8Array {
    return new Uint8Array(this.#ca.rawData);
  }

  /** Issues a worker's certificate for the key of its request: Ed25519, `clientAuth`, the identity as only name. */
  async issueWorker(request: x509.Pkcs10CertificateRequest, uri: string, nowMs: number, lifetimeMs: number): Promise<x509.X509Certificate> {
    return this.#issue({
      subject: "CN=tributary-worker",
      publicKey: request.publicKey,
      usage: x509.ExtendedKeyUsage.clientAuth,
      names: [{ type: "url", value: uri }],
      nowMs,
      endMs: nowMs + lifetimeMs,
    });
  }

  /** Issues the gate's own certificate for its names; a new key at each call. */
  async issueOwn(serverNames: readonly string[], nowMs: number): Promise<CertifiedKey> {
    const keys = (await webcrypto.subtle.generateKey(ed25519, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
    const certificate = await this.#issue({
      subject: "CN=tributary-gate",
      publicKey: new x509.PublicKey(await webcrypto.subtle.exportKey("spki", keys.publicKey)),
      usage: x509.ExtendedKeyUsage.serverAuth,
      names: serverNames.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value })),
      nowMs,
      endMs: nowMs + 365 * dayMs,
    });
    return { certificatePem: certificate.toString("pem"), keyPem: await exportKeyPem(keys.privateKey) };
  }

  #issue(leaf: {
    readonly subject: string;
    readonly publicKey: x509.PublicKey;
    readonly usage: x509.ExtendedKeyUsage;
    readonly names: readonly { readonly type: "url" | "dns" | "ip"; readonly value: string }[];
    readonly nowMs: number;
    readonly endMs: number;
  }): Promise<x509.X509Certificate> {
    return x509.X509CertificateGenerator.create({
      serialNumber: newSerialNumber(),
      subject: leaf.subject,
      issuer: this.#ca.subject,
      notBefore: new Date(leaf.nowMs - clockSkewMs),
      notAfter: new Date(Math.min(leaf.endMs, this.#ca.notAfter.getTime())),
      publicKey: leaf.publicKey,
      signingKey: this.#key,
      signingAlgorithm: ed25519,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([leaf.usage]),
        new x509.SubjectAlternativeNameExtension([...leaf.names]),
      ],
    });
  }
}

/** Opens the CA in `directory`, or makes it there at the first start. CONFIGURATION_INVALID when only half of it is there. */
export async function openGateAuthority(directory: string, cluster: string, nowMs: number): Promise<GateAuthority> {
  const certificatePath = join(directory, "ca.crt");
  const keyPath = join(directory, "ca.key");
  const certificatePem = await readFileIfPresent(certificatePath);
  const keyPem = await readFileIfPresent(keyPath);
  if (keyPem === undefined && certificatePem === undefined) return makeAuthority(certificatePath, keyPath, cluster, nowMs);
  if (keyPem === undefined) throw new TributaryError("CONFIGURATION_INVALID", `${keyPath} is missing beside ca.crt; restore it, or remove ca.crt and register the member again`);
  const key = await importKeyPem(keyPem.toString("utf8"), keyPath);
  if (certificatePem !== undefined) return new GateAuthority(new x509.X509Certificate(certificatePem.toString("utf8")), key.privateKey);
  // The key is written first: a crash between the two files leaves a key whose certificate can be made again.
  return certify(certificatePath, key, cluster, nowMs);
}

async function makeAuthority(certificatePath: string, keyPath: string, cluster: string, nowMs: number): Promise<GateAuthority> {
  const keys = (await webcrypto.subtle.generateKey(ed25519, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  await writeFileDurably(keyPath, await exportKeyPem(keys.privateKey), 0o600);
  return certify(certificatePath, keys, cluster, nowMs);
}

async function certify(certificatePath: string, keys: webcrypto.CryptoKeyPair, cluster: string, nowMs: number): Promise<GateAuthority> {
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerialNumber(),
    name: [{ CN: [`${cluster} gate CA`.slice(0, 64)] }],
    notBefore: new Date(nowMs - clockSkewMs),
    notAfter: new Date(nowMs + 10 * 365 * dayMs),
    keys: keys as never,
    signingAlgorithm: ed25519,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  await writeFileDurably(certificatePath, ca.toString("pem"), 0o644);
  return new GateAuthority(ca, keys.privateKey);
}

async function exportKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}

async function importKeyPem(pem: string, path: string): Promise<webcrypto.CryptoKeyPair> {
  const privateKey = createPrivateKey(pem);
  if (privateKey.asymmetricKeyType !== "ed25519") throw new TributaryError("CONFIGURATION_INVALID", `${path} is a key of type ${privateKey.asymmetricKeyType}, must be Ed25519`);
  const { subtle } = webcrypto;
  return {
    privateKey: await subtle.importKey("pkcs8", privateKey.export({ format: "der", type: "pkcs8" }), ed25519, true, ["sign"]),
    publicKey: await subtle.importKey("spki", createPublicKey(privateKey).export({ format: "der", type: "spki" }), ed25519, true, ["verify"]),
  };
}

function newSerialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] as number) & 0x7f) | 0x40;
  return bytes.toString("hex");
}
