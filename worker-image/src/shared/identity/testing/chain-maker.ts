// @peculiar/x509 throws while loading unless the reflection metadata API is there first.
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

cryptoProvider.set(webcrypto as never);

/** A pair of keys of WebCrypto. */
export type Keys = webcrypto.CryptoKeyPair;

/** What of a certificate a test decides; the rest is as the gate makes it. */
export interface CertificateChange {
  readonly names?: readonly JsonGeneralName[];
  readonly isCa?: boolean;
  readonly pathLength?: number | undefined;
  readonly keyUsage?: number;
  readonly extendedKeyUsage?: readonly string[];
  readonly more?: readonly Extension[];
  readonly fromMs?: number;
  readonly throughMs?: number;
  readonly subject?: string;
  readonly issuer?: string;
  /** Keys that sign in place of the issuer's. */
  readonly signer?: Keys;
  /** Keys that are certified. */
  readonly keys?: Keys;
  readonly signing?: object;
}

/** Names that are URIs. */
export const uris = (...values: readonly string[]): JsonGeneralName[] =>
  values.map((value) => ({ type: "url", value }));

/** New keys, Ed25519 unless it is said otherwise. */
export async function newKeys(algorithm: object = { name: "Ed25519" }): Promise<Keys> {
  return (await webcrypto.subtle.generateKey(algorithm as never, true, ["sign", "verify"])) as Keys;
}

/** The raw public key of Ed25519 keys. */
export async function rawPublicKey({ publicKey }: Keys): Promise<Uint8Array> {
  return new Uint8Array(await webcrypto.subtle.exportKey("raw", publicKey));
}

/** A member with an identity key, a CA, and one worker's key, which makes certificates as its gate does or as a test wants. */
export class ChainMaker {
  readonly member: string;
  readonly identity: Keys;
  readonly ca: Keys;
  readonly worker: Keys;
  readonly #nowMs: number;

  private constructor(member: string, nowMs: number, keys: readonly [Keys, Keys, Keys]) {
    [this.identity, this.ca, this.worker] = keys;
    this.member = member;
    this.#nowMs = nowMs;
  }

  static async create(member: string, nowMs: number): Promise<ChainMaker> {
    return new ChainMaker(member, nowMs, [await newKeys(), await newKeys(), await newKeys()]);
  }

  /** The CA's certificate of the identity key. */
  crossCertificate(change: CertificateChange = {}): Promise<Uint8Array> {
    return this.#issue({
      names: uris(`tributary-member://${this.member}`),
      isCa: true,
      pathLength: 0,
      keyUsage: KeyUsageFlags.keyCertSign,
      subject: `CN=${this.member} gate CA`,
      issuer: `CN=${this.member} identity`,
      signer: this.identity,
      keys: this.ca,
      ...change,
    });
  }

  /** The worker's certificate of the CA. */
  leaf(names: readonly string[], change: CertificateChange = {}): Promise<Uint8Array> {
    return this.#issue({
      names: uris(...names),
      isCa: false,
      keyUsage: KeyUsageFlags.digitalSignature,
      extendedKeyUsage: ["1.3.6.1.5.5.7.3.2"],
      subject: "CN=tributary-worker",
      issuer: `CN=${this.member} gate CA`,
      signer: this.ca,
      keys: this.worker,
      ...change,
    });
  }

  async #issue(terms: CertificateChange): Promise<Uint8Array> {
    const { names = [], keyUsage, extendedKeyUsage = [], more = [] } = terms;
    const certificate = await X509CertificateGenerator.create({
      subject: terms.subject!,
      issuer: terms.issuer!,
      signingKey: terms.signer!.privateKey as never,
      publicKey: terms.keys!.publicKey as never,
      signingAlgorithm: (terms.signing ?? { name: "Ed25519" }) as never,
      notBefore: new Date(terms.fromMs ?? this.#nowMs - 3_600_000),
      notAfter: new Date(terms.throughMs ?? this.#nowMs + 300_000),
      extensions: [
        ...(terms.isCa === undefined ? [] : [new BasicConstraintsExtension(terms.isCa, terms.pathLength, true)]),
        ...(keyUsage === undefined ? [] : [new KeyUsagesExtension(keyUsage, true)]),
        ...(extendedKeyUsage.length === 0 ? [] : [new ExtendedKeyUsageExtension([...extendedKeyUsage])]),
        ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension([...names])]),
        ...more,
      ],
    });
    return new Uint8Array(certificate.rawData);
  }
}
