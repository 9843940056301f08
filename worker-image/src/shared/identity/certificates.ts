import { createHash, createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { TributaryError } from "@tributary/kit";

/** The Ed25519 keys of a certificate holder, as raw bytes. */
export interface Ed25519Identity {
  /** 32-byte seed. */
  readonly secretKey: Uint8Array;
  /** 32-byte public key. */
  readonly publicKey: Uint8Array;
}

/** The raw keys of a PEM private key; CONFIGURATION_INVALID naming `what` unless it is Ed25519. */
export function readEd25519Identity(what: string, keyPem: string | Buffer): Ed25519Identity {
  const key = createPrivateKey(keyPem);
  if (key.asymmetricKeyType !== "ed25519") {
    throw new TributaryError(
      "CONFIGURATION_INVALID",
      `${what} is a key of type ${key.asymmetricKeyType}, must be Ed25519`,
    );
  }
  const jwk = key.export({ format: "jwk" });
  return { secretKey: fromBase64Url(jwk.d), publicKey: fromBase64Url(jwk.x) };
}

/** The certificate's raw Ed25519 public key, or `undefined` for another kind of key. */
export function ed25519KeyOf(certificate: X509Certificate): Uint8Array | undefined {
  return rawEd25519(certificate.publicKey);
}

function rawEd25519(key: KeyObject): Uint8Array | undefined {
  return key.asymmetricKeyType === "ed25519" ? fromBase64Url(key.export({ format: "jwk" }).x) : undefined;
}

/** SHA-256 of the certificate's DER, 32 bytes. */
export function certificateSha256(certificate: X509Certificate): Uint8Array {
  return new Uint8Array(createHash("sha256").update(certificate.raw).digest());
}

/** The URIs in the certificate's subject alternative names; node writes them as `URI:…`, quoted when they need it. */
export function uriNamesOf(certificate: X509Certificate): readonly string[] {
  const names = certificate.subjectAltName ?? "";
  return names
    .split(", ")
    .filter((name) => name.startsWith("URI:"))
    .map((name) => name.slice("URI:".length));
}

/** Whether `issuer` signed the certificate and now lies within its time. */
export function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate, nowMs: number): boolean {
  if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey)) return false;
  return nowMs >= Date.parse(certificate.validFrom) && nowMs <= Date.parse(certificate.validTo);
}

/** The first certificate of a PEM text; CONFIGURATION_INVALID naming `what` when it cannot be read. */
export function readCertificate(what: string, pem: string | Buffer): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new TributaryError("CONFIGURATION_INVALID", `${what} is not a PEM certificate`, { cause });
  }
}

function fromBase64Url(text: string | undefined): Uint8Array {
  return new Uint8Array(Buffer.from(text ?? "", "base64url"));
}
