// @peculiar/x509 throws while loading unless the reflection metadata API is there first.
import "reflect-metadata";
import { createPrivateKey, createPublicKey, generateKeyPairSync, webcrypto } from "node:crypto";
import { join } from "node:path";
import { cryptoProvider, Pkcs10CertificateRequestGenerator } from "@peculiar/x509";
import { readFileIfPresent, writeFileDurably } from "@tributary/kit";

cryptoProvider.set(webcrypto as never);

/** The worker's Ed25519 key, PEM (PKCS#8); made once a pod and kept in the memory directory. */
export async function loadOrMakeWorkerKey(memoryDirectory: string): Promise<string> {
  const path = join(memoryDirectory, "identity.key");
  const present = await readFileIfPresent(path);
  if (present !== undefined) return present.toString("utf8");
  const { privateKey } = generateKeyPairSync("ed25519");
  const pem = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  await writeFileDurably(path, pem, 0o600);
  return pem;
}

/** A PKCS#10 request in DER, signed with the key; it names nobody, the gate decides who the worker is. */
export async function makeCertificateRequest(keyPem: string): Promise<Uint8Array> {
  const privateKey = createPrivateKey(keyPem);
  const { subtle } = webcrypto;
  const pkcs8 = privateKey.export({ format: "der", type: "pkcs8" });
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  const keys = {
    privateKey: await subtle.importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]),
    publicKey: await subtle.importKey("spki", spki, "Ed25519", true, ["verify"]),
  };
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: "CN=tributary-worker",
    keys: keys as never,
    signingAlgorithm: { name: "Ed25519" } as never,
  });
  return new Uint8Array(request.rawData);
}
