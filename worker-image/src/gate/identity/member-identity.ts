import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { join } from "node:path";
import { type Disk, readFileIfPresent, realDisk, TributaryError, writeFileDurably } from "@tributary/kit";
import { type OpenRing, openRing } from "../rotation/open-ring.ts";
import type { RotationWish } from "../rotation/ring.ts";

/** A key by which other members know this one. */
export interface IdentityKey {
  /** Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** SHA-256 of the public key in lower-case hexadecimal, by which admins compare it. */
  readonly fingerprint: string;
  /** Of Node, for certificates; it never leaves the gate. */
  readonly privateKey: KeyObject;
}

/** The identity keys of a member, the oldest first: two while one replaces the other. */
export type MemberIdentity = OpenRing<IdentityKey>;

const STEM = "identity";

/**
 * Opens the identity keys of a directory (`identity.key`, later ones `identity-<n>.key`: PKCS#8 in PEM), made once.
 *
 * @throws CONFIGURATION_INVALID naming a file that is missing, torn or something else, or a wish that cannot be; STORAGE_FULL, STORAGE_UNAVAILABLE.
 */
export function openIdentity(directory: string, wish: RotationWish, disk: Disk = realDisk): Promise<MemberIdentity> {
  const pathOf = (name: string) => join(directory, `${name}.key`);
  return openRing<IdentityKey>(
    {
      stem: STEM,
      field: STEM,
      directory,
      disk,
      pathsOf: (name) => [pathOf(name)],
      fingerprintOf: ({ fingerprint }) => fingerprint,
      async load(name) {
        const pem = await readFileIfPresent(pathOf(name), disk);
        return pem === undefined ? undefined : readIdentityKey(pathOf(name), pem);
      },
      async make(name) {
        const { privateKey } = generateKeyPairSync("ed25519");
        await writeFileDurably(pathOf(name), privateKey.export({ format: "pem", type: "pkcs8" }), 0o600, disk);
        return identityKeyOf(privateKey);
      },
    },
    wish,
  );
}

/** The signature of a member's identity key, 64 bytes. */
export function signAsMember({ privateKey }: IdentityKey, message: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, message, privateKey));
}

/** SHA-256 of a raw public key, in lower-case hexadecimal. */
export function fingerprintOfKey(publicKey: Uint8Array): string {
  return createHash("sha256").update(publicKey).digest("hex");
}

function identityKeyOf(privateKey: KeyObject): IdentityKey {
  const { x } = createPublicKey(privateKey).export({ format: "jwk" });
  const publicKey = new Uint8Array(Buffer.from(x!, "base64url"));
  return { publicKey, fingerprint: fingerprintOfKey(publicKey), privateKey };
}

function readIdentityKey(path: string, pem: Buffer): IdentityKey {
  const found = parsePrivateKey(pem);
  if (found?.asymmetricKeyType === "ed25519") return identityKeyOf(found);
  const what = found === undefined ? "no private key in PKCS#8 PEM" : `a key of type ${found.asymmetricKeyType}`;
  // Another key in its place would be another member to all peers: that is for the admin to decide.
  const remedy = "restore it from a backup, or remove it and let every peer learn the key that is made then";
  throw new TributaryError("CONFIGURATION_INVALID", `${path} holds ${what}, must be an Ed25519 key: ${remedy}`, {
    details: { path },
  });
}

function parsePrivateKey(pem: Buffer): KeyObject | undefined {
  try {
    return pem.toString("latin1").startsWith("-----BEGIN PRIVATE KEY-----") ? createPrivateKey(pem) : undefined;
  } catch {
    return undefined;
  }
}
