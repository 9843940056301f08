import { execFileSync } from "node:child_process";
import { webcrypto, X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ed25519KeyOf, isIssuedBy, uriNamesOf } from "../../shared/identity/certificates.ts";
import { isInItsTime } from "./certificate-authority.ts";
import { openAuthority } from "./testing/open-authority.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "gate-ca-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const URI = "tributary://aws/jobs/job-1/p/0";

async function signKey(authorityDirectory: string) {
  const authority = await openAuthority(authorityDirectory, "test gate");
  const keys = (await webcrypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const leaf = new X509Certificate(
    await authority.signWorker(keys.publicKey, [URI], { nowMs: Date.now(), endMs: Date.now() + 3_600_000 }),
  );
  const publicKey = new Uint8Array(await webcrypto.subtle.exportKey("raw", keys.publicKey));
  return { leaf, publicKey, ca: new X509Certificate(authority.certificatePem) };
}

describe("openAuthority", () => {
  it("makes a CA once and signs with the same one after a restart", async () => {
    const first = await openAuthority(directory, "test gate");
    const second = await openAuthority(directory, "another name");
    expect(second.certificatePem).toBe(first.certificatePem);
  });

  it("signs a worker's key for its URI, a day of it at most", async () => {
    const { leaf, publicKey, ca } = await signKey(directory);
    expect(uriNamesOf(leaf)).toEqual([URI]);
    expect(isIssuedBy(leaf, ca, Date.now())).toBe(true);
    expect(isIssuedBy(leaf, ca, Date.now() + 2 * 3_600_000)).toBe(false);
    expect(ed25519KeyOf(leaf)).toEqual(publicKey);
    expect(leaf.ca).toBe(false);
  });

  it("tells when the endpoint's certificate must be made anew: before it ends, also where the CA ends sooner", async () => {
    const daysLeft = async () => {
      const { certificatePem, renewAtMs } = await (await openAuthority(directory, "test")).makeEndpoint(["gate.svc"]);
      const endMs = Date.parse(new X509Certificate(certificatePem).validTo);
      return [endMs, renewAtMs].map((ms) => (ms - Date.now()) / 86_400_000);
    };
    const [end, renewal] = await daysLeft();
    expect(end).toBeCloseTo(365, 1);
    expect(renewal).toBeCloseTo((365 * 11) / 12, 1);
    const key = join(directory, "ca.key");
    execFileSync("openssl", ["genpkey", "-algorithm", "ED25519", "-out", key], { stdio: "ignore" });
    const subject = ["-subj", "/CN=chart", "-days", "12", "-addext", "basicConstraints=critical,CA:TRUE"];
    execFileSync("openssl", ["req", "-x509", "-new", "-key", key, "-out", join(directory, "ca.crt"), ...subject]);
    const [shortEnd, shortRenewal] = await daysLeft();
    expect(shortEnd).toBeCloseTo(12, 1);
    expect(shortRenewal).toBeCloseTo(11, 1);
  });

  it("tells that the endpoint's certificate must be made anew once a clock that was ahead is set right", async () => {
    const endpoint = await (await openAuthority(directory, "test")).makeEndpoint(["gate.svc"]);
    const hourMs = 3_600_000;
    expect(isInItsTime(endpoint, Date.now())).toBe(true);
    expect(isInItsTime(endpoint, Date.now() - hourMs / 2)).toBe(true);
    // Callers whose clocks are right refuse it as long.
    expect(isInItsTime(endpoint, Date.now() - 2 * hourMs)).toBe(false);
    expect(isInItsTime(endpoint, endpoint.renewAtMs)).toBe(false);
  });

  it.each(["ED25519", "EC -pkeyopt ec_paramgen_curve:P-256", "RSA"])(
    "takes a CA with a key of %s that a chart made",
    async (kind) => {
      const key = join(directory, "ca.key");
      execFileSync("openssl", ["genpkey", "-algorithm", ...kind.split(" "), "-out", key], { stdio: "ignore" });
      const subject = ["-subj", "/CN=chart", "-days", "10", "-addext", "basicConstraints=critical,CA:TRUE"];
      execFileSync("openssl", ["req", "-x509", "-new", "-key", key, "-out", join(directory, "ca.crt"), ...subject]);
      const { leaf, ca } = await signKey(directory);
      expect(isIssuedBy(leaf, ca, Date.now())).toBe(true);
    },
  );

  it("refuses a certificate without its key, and a key that is another's", async () => {
    const other = await mkdtemp(join(tmpdir(), "gate-ca-other-"));
    await openAuthority(other, "other");
    const { certificatePem } = await openAuthority(directory, "test");
    await writeFile(join(other, "ca.crt"), certificatePem);
    await expect(openAuthority(other, "x")).rejects.toThrow(`${join(other, "ca.key")} holds a key that is not`);
    await rm(join(directory, "ca.key"));
    await expect(openAuthority(directory, "x")).rejects.toThrow(`is there without ${join(directory, "ca.key")}`);
    await rm(other, { recursive: true });
  });
});
