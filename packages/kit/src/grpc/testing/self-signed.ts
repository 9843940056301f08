import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TlsMaterial } from "../tls-credentials.ts";

/** A certificate for `localhost` that is its own CA. */
export async function makeSelfSigned(): Promise<TlsMaterial> {
  const directory = await mkdtemp(join(tmpdir(), "self-signed-"));
  try {
    const [key, certificate] = [join(directory, "tls.key"), join(directory, "tls.crt")];
    execFileSync("openssl", ["genpkey", "-algorithm", "ED25519", "-out", key], { stdio: "ignore" });
    const subject = ["-subj", "/CN=localhost", "-days", "1", "-addext", "subjectAltName=DNS:localhost"];
    execFileSync("openssl", ["req", "-x509", "-new", "-key", key, "-out", certificate, ...subject]);
    const certificatePem = await readFile(certificate, "utf8");
    return { caPem: certificatePem, certificatePem, keyPem: await readFile(key, "utf8") };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
