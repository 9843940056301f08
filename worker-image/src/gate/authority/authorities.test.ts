import { execFileSync } from "node:child_process";
import { webcrypto, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isIssuedBy } from "../../shared/identity/certificates.ts";
import type { RotationWish } from "../rotation/ring.ts";
import { openAuthorities } from "./authorities.ts";
import type { CertificateAuthority } from "./certificate-authority.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "gate-cas-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const DAY_MS = 24 * 3_600_000;
const open = (wish: Partial<RotationWish> = {}, change: { formerPem?: string; nowMs?: number } = {}) =>
  openAuthorities({
    directory,
    cluster: "aws",
    wish: { rotate: "", use: "", retire: "", ...wish },
    formerPem: "",
    nowMs: Date.now(),
    ...change,
  });
const fingerprints = ({ keys }: { keys: readonly CertificateAuthority[] }) =>
  keys.map(({ fingerprint }) => fingerprint);
const certificatesIn = (pem: string) => pem.match(/-----BEGIN CERTIFICATE-----/g)!.length;

async function signedBy(authority: CertificateAuthority): Promise<X509Certificate> {
  const keys = (await webcrypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const nowMs = Date.now();
  const der = await authority.signWorker(keys.publicKey, ["tributary://aws/jobs/a/p/0"], {
    nowMs,
    endMs: nowMs + DAY_MS,
  });
  return new X509Certificate(der);
}

describe("the rotation of a gate's CA", () => {
  it("lets everybody learn the next CA before it signs and forget the former after, each step over restarts", async () => {
    const first = await open();
    const former = first.signing.fingerprint;
    const early = await signedBy(first.signing);

    const begun = await open({ rotate: "2027" });
    const next = fingerprints(begun)[1]!;
    expect([begun.signing.fingerprint, begun.endpoints.fingerprint]).toEqual([former, former]);
    expect(certificatesIn(begun.callersPem)).toBe(2);
    expect(fingerprints(await open({ rotate: "2027" }))).toEqual([former, next]);

    const use = { rotate: "2027", use: next };
    for (let start = 0; start < 2; start++) {
      const switched = await open(use);
      // Workers that run pin the former alone, those that the hub lets in know both.
      expect([switched.signing.fingerprint, switched.endpoints.fingerprint]).toEqual([next, former]);
      const issuers = switched.keys.map(({ certificatePem }) => new X509Certificate(certificatePem));
      const late = await signedBy(switched.signing);
      expect(issuers.map((issuer) => isIssuedBy(late, issuer, Date.now()))).toEqual([false, true]);
      expect(issuers.map((issuer) => isIssuedBy(early, issuer, Date.now()))).toEqual([true, false]);
      expect(certificatesIn(switched.callersPem)).toBe(2);
    }

    for (let start = 0; start < 2; start++) {
      const ended = await open({ ...use, retire: former });
      expect([fingerprints(ended), ended.endpoints.fingerprint]).toEqual([[next], next]);
      expect(certificatesIn(ended.callersPem)).toBe(1);
    }
    expect((await readdir(directory)).sort()).toEqual(["ca-2.crt", "ca-2.key", "ca-rotation.json"]);
  });

  it("gives each CA a name of its own", async () => {
    const { keys } = await open().then(() => open({ rotate: "2027" }));
    expect(keys.map(({ certificatePem }) => new X509Certificate(certificatePem).subject)).toEqual([
      "CN=aws gate CA",
      "CN=aws gate CA 2",
    ]);
  });

  it("signs no endpoint by a CA that is about to end", async () => {
    makeCa(directory, "ca", 1);
    const { signing, endpoints, keys } = await open({ rotate: "2027" });
    expect([signing.fingerprint, endpoints.fingerprint]).toEqual(fingerprints({ keys }));
  });

  it("leaves a CA where nothing is written as it is", async () => {
    await open();
    await rm(join(directory, "ca-rotation.json"));
    await open();
    expect((await readdir(directory)).sort()).toEqual(["ca.crt", "ca.key"]);
  });
});

describe("former certificates of a CA that lies elsewhere", () => {
  it("let their workers in, each once, and the present one is none of them", async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), "gate-ca-former-"));
    const former = makeCa(elsewhere, "a", 10);
    const { signing } = await open();
    const { callersPem } = await open({}, { formerPem: `${former}${signing.certificatePem}` });
    expect(certificatesIn(callersPem)).toBe(2);
    await rm(elsewhere, { recursive: true });
  });

  it("are certificates", async () => {
    await expect(open({}, { formerPem: "nothing" })).rejects.toThrow("formerCaCertificates must be");
  });
});

/** A CA that a tool made; tells its certificate. */
function makeCa(folder: string, name: string, days: number): string {
  const out = ["-keyout", join(folder, `${name}.key`), "-out", join(folder, `${name}.crt`)];
  const subject = ["-subj", "/CN=a tool's", "-days", String(days), "-addext", "basicConstraints=critical,CA:TRUE"];
  execFileSync("openssl", ["req", "-x509", "-newkey", "ed25519", "-nodes", ...out, ...subject], { stdio: "ignore" });
  return readFileSync(join(folder, `${name}.crt`), "utf8");
}
