import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from "node:crypto";
import { type CryptoSuite, equalBytes, Keystream } from "@tributary/federated";

/** DER around a raw 32-byte key (RFC 8410 §4 and §7): everything before the key itself. */
const DerPrefix = {
  x25519Private: Buffer.from("302e020100300506032b656e04220420", "hex"),
  x25519Public: Buffer.from("302a300506032b656e032100", "hex"),
  ed25519Private: Buffer.from("302e020100300506032b657004220420", "hex"),
  ed25519Public: Buffer.from("302a300506032b6570032100", "hex"),
} as const;

/** Most public keys of a kind that are kept ready: those of a job of that many workers. */
const MAX_READY_KEYS = 1024;
const KEY_BYTES = 32;
const TAG_BYTES = 16;
const AES_BLOCK_BYTES = 16;
const CHACHA_BLOCK_BYTES = 64;
const ZERO_BLOCK = new Uint8Array(16);

/** The cryptography of XSA1 on node:crypto (OpenSSL); one instance serves any number of rounds. */
export function createNodeCryptoSuite(): CryptoSuite {
  const keys = new KnownKeys();
  return {
    sha256,
    hkdfSha256: (inputKey, salt, info, lengthBytes) =>
      new Uint8Array(hkdfSync("sha256", inputKey, salt, info, lengthBytes)),
    x25519PublicKey: (secretKey) => rawPublicKey(privateKey(DerPrefix.x25519Private, secretKey)),
    x25519: (secretKey, publicKeyBytes) => x25519(keys.agreeing(secretKey), keys.agreedWith(publicKeyBytes)),
    keystream,
    sealAes256Gcm,
    openAes256Gcm,
    ed25519PublicKey: (secretKey) => rawPublicKey(privateKey(DerPrefix.ed25519Private, secretKey)),
    signEd25519: (secretKey, message) => bytesOf(sign(null, message, keys.signing(secretKey))),
    verifyEd25519: (publicKeyBytes, message, signature) => {
      try {
        return verify(null, message, keys.verifying(publicKeyBytes), signature);
      } catch {
        return false;
      }
    },
    randomBytes: (lengthBytes) => bytesOf(randomBytes(lengthBytes)),
  };
}

/**
 * Keys in OpenSSL's form, which takes longer to make than a signature or an agreement with it: those of a job sign and are checked all the time,
 * and a party agrees with every neighbour by one secret. A secret is known by the array that holds it, as long as that lives and still holds it.
 */
class KnownKeys {
  readonly #verifying = new Map<string, KeyObject>();
  readonly #agreedWith = new Map<string, KeyObject>();
  readonly #signing = new WeakMap<Uint8Array, ReadySecret>();
  readonly #agreeing = new WeakMap<Uint8Array, ReadySecret>();

  verifying(raw: Uint8Array): KeyObject {
    return readyPublic(this.#verifying, DerPrefix.ed25519Public, raw);
  }

  agreedWith(raw: Uint8Array): KeyObject {
    return readyPublic(this.#agreedWith, DerPrefix.x25519Public, raw);
  }

  signing(raw: Uint8Array): KeyObject {
    return readySecret(this.#signing, DerPrefix.ed25519Private, raw);
  }

  agreeing(raw: Uint8Array): KeyObject {
    return readySecret(this.#agreeing, DerPrefix.x25519Private, raw);
  }
}

interface ReadySecret {
  readonly raw: Uint8Array;
  readonly key: KeyObject;
}

function readyPublic(ready: Map<string, KeyObject>, prefix: Uint8Array, raw: Uint8Array): KeyObject {
  const name = Buffer.from(raw).toString("latin1");
  const known = ready.get(name);
  if (known !== undefined) return known;
  const key = publicKey(prefix, raw);
  if (ready.size >= MAX_READY_KEYS) ready.clear();
  ready.set(name, key);
  return key;
}

function readySecret(ready: WeakMap<Uint8Array, ReadySecret>, prefix: Uint8Array, raw: Uint8Array): KeyObject {
  const known = ready.get(raw);
  if (known !== undefined && equalBytes(known.raw, raw)) return known.key;
  const key = privateKey(prefix, raw);
  ready.set(raw, { raw: raw.slice(), key });
  return key;
}

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return bytesOf(hash.digest());
}

/** OpenSSL refuses an all-zero shared secret, which is what every low-order point gives. */
function x25519(privateKey: KeyObject, publicKey: KeyObject): Uint8Array | null {
  try {
    const shared = bytesOf(diffieHellman({ privateKey, publicKey }));
    return shared.every((byte) => byte === 0) ? null : shared;
  } catch {
    return null;
  }
}

function keystream(kind: Keystream, key: Uint8Array, offsetBytes: number, lengthBytes: number): Uint8Array {
  return kind === Keystream.Aes256Ctr
    ? aes256CtrKeystream(key, ZERO_BLOCK, offsetBytes, lengthBytes)
    : chaCha20Keystream(key, offsetBytes, lengthBytes);
}

/**
 * AES-256-CTR keystream from a byte offset: `firstBlock` is the counter block of offset 0, incremented over all 128 bits (NIST SP
 * 800-38A appendix B.1).
 */
export function aes256CtrKeystream(
  key: Uint8Array,
  firstBlock: Uint8Array,
  offsetBytes: number,
  lengthBytes: number,
): Uint8Array {
  const skip = offsetBytes % AES_BLOCK_BYTES;
  const counter = counterBlock(firstBlock, (offsetBytes - skip) / AES_BLOCK_BYTES);
  const stream = createCipheriv("aes-256-ctr", key, counter).update(new Uint8Array(skip + lengthBytes));
  return bytesOf(stream).subarray(skip);
}

function counterBlock(firstBlock: Uint8Array, blocks: number): Buffer {
  const counter = Buffer.from(firstBlock);
  const low = counter.readBigUInt64BE(8) + BigInt(blocks);
  const high = counter.readBigUInt64BE(0) + (low >> 64n);
  counter.writeBigUInt64BE(BigInt.asUintN(64, high), 0);
  counter.writeBigUInt64BE(BigInt.asUintN(64, low), 8);
  return counter;
}

function chaCha20Keystream(key: Uint8Array, offsetBytes: number, lengthBytes: number): Uint8Array {
  const skip = offsetBytes % CHACHA_BLOCK_BYTES;
  const cipher = createCipheriv("chacha20", key, chaChaCounter((offsetBytes - skip) / CHACHA_BLOCK_BYTES));
  return bytesOf(cipher.update(new Uint8Array(skip + lengthBytes))).subarray(skip);
}

/** OpenSSL's ChaCha20 takes the 32-bit little-endian block counter, then the 96-bit nonce of RFC 8439. */
function chaChaCounter(block: number): Buffer {
  const counter = Buffer.from(ZERO_BLOCK);
  counter.writeUInt32LE(block, 0);
  return counter;
}

function sealAes256Gcm(key: Uint8Array, nonce: Uint8Array, additional: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES }).setAAD(additional);
  return bytesOf(Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]));
}

function openAes256Gcm(
  key: Uint8Array,
  nonce: Uint8Array,
  additional: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | null {
  if (sealed.length < TAG_BYTES) return null;
  const end = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES }).setAAD(additional);
  decipher.setAuthTag(sealed.subarray(end));
  try {
    return bytesOf(Buffer.concat([decipher.update(sealed.subarray(0, end)), decipher.final()]));
  } catch {
    return null;
  }
}

function privateKey(prefix: Uint8Array, raw: Uint8Array): KeyObject {
  requireKey(raw);
  return createPrivateKey({ key: Buffer.concat([prefix, raw]), format: "der", type: "pkcs8" });
}

function publicKey(prefix: Uint8Array, raw: Uint8Array): KeyObject {
  requireKey(raw);
  return createPublicKey({ key: Buffer.concat([prefix, raw]), format: "der", type: "spki" });
}

function rawPublicKey(key: KeyObject): Uint8Array {
  return bytesOf(createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-KEY_BYTES));
}

function requireKey(raw: Uint8Array): void {
  if (raw.length !== KEY_BYTES) throw new RangeError(`key is ${raw.length} bytes, must be ${KEY_BYTES}`);
}

/** A plain view: a Buffer would compare and print differently. */
function bytesOf(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
