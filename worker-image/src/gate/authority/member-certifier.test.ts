import { execFileSync } from "node:child_process";
import { webcrypto } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type TrustedPeer, verifyMemberChain } from "../../shared/identity/verify-member-chain.ts";
import { type MemberIdentity, openIdentity } from "../identity/member-identity.ts";
import type { CertificateAuthority } from "./certificate-authority.ts";
import { MemberCertifier } from "./member-certifier.ts";
import { openAuthority } from "./testing/open-authority.ts";

const DAY_MS = 24 * 3_600_000;
const MINUTE_MS = 60_000;
const URIS = ["tributary://aws/jobs/job-1/p/0", `tributary-data:${"ab".repeat(32)}/0`];

let directory: string;
let nowMs: number;
let identity: MemberIdentity;
let authority: CertificateAuthority;
let key: webcrypto.CryptoKey;
const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: async () => {} };

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "gate-certifier-"));
  nowMs = Date.now();
  identity = await openIdentity(directory, { rotate: "", use: "", retire: "" });
  authority = await openAuthority(directory, "aws");
  const keys = (await webcrypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  key = keys.publicKey;
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const certifierOf = (change: Partial<{ authority: CertificateAuthority }> = {}) =>
  new MemberCertifier({ authority, identity: identity.signing, member: "aws", clock, ...change });

function judge(chainDer: readonly Uint8Array[], atMs = nowMs): string {
  const peers: TrustedPeer[] = [{ organisation: "o", member: "aws", identityKeys: [identity.signing.publicKey] }];
  const verdict = verifyMemberChain(chainDer, { peers, nowMs: atMs, toleranceMs: 0 });
  return verdict.ok ? verdict.verified.uri : `${verdict.refusal}: ${verdict.why}`;
}

describe("a member's certificates for other members", () => {
  it("show a worker for five minutes", async () => {
    const { chainDer, endMs } = await certifierOf().certify(key, URIS);
    expect(endMs).toBe(Math.floor((nowMs + 5 * MINUTE_MS) / 1000) * 1000);
    expect(judge(chainDer)).toBe(URIS[0]);
    expect(judge(chainDer, endMs)).toBe(URIS[0]);
    expect(judge(chainDer, endMs + 1)).toMatch(/^Expired: the worker's/u);
  });

  it("vouch for the CA seven days, anew when half of that is over and not before", async () => {
    const certifier = certifierOf();
    const crossAt = async (ms: number) => {
      nowMs = ms;
      const { chainDer } = await certifier.certify(key, URIS);
      expect(judge(chainDer)).toBe(URIS[0]);
      return Buffer.from(chainDer[1]!).toString("hex");
    };
    const startMs = nowMs;
    const first = await crossAt(startMs);
    expect(await crossAt(startMs + 3.5 * DAY_MS - 1)).toBe(first);
    const second = await crossAt(startMs + 3.5 * DAY_MS);
    expect(second).not.toBe(first);
    expect(await crossAt(startMs + 7 * DAY_MS - 1)).toBe(second);
  });

  it("count at once after the gate's clock was hours ahead and is set right", async () => {
    const certifier = certifierOf();
    const rightMs = nowMs;
    nowMs = rightMs + 5 * 60 * MINUTE_MS;
    await certifier.certify(key, URIS);
    nowMs = rightMs;
    expect(judge((await certifier.certify(key, URIS)).chainDer)).toBe(URIS[0]);
  });

  it("make one for callers who come at once", async () => {
    const certifier = certifierOf();
    const chains = await Promise.all(URIS.map(() => certifier.certify(key, URIS)));
    expect(chains[0]!.chainDer[1]).toBe(chains[1]!.chainDer[1]);
  });

  it("end with a CA that ends first", async () => {
    nowMs = authority.endMs - MINUTE_MS;
    const { chainDer, endMs } = await certifierOf().certify(key, URIS);
    expect(endMs).toBe(authority.endMs);
    expect(judge(chainDer)).toBe(URIS[0]);
    expect(judge(chainDer, authority.endMs + 1)).toMatch(/^Expired/u);
  });

  it.each([
    ["P-256", ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"], []],
    ["RSA", ["-newkey", "rsa:2048"], []],
    ["Ed25519 and an identifier that is no SHA-1", ["-newkey", "ed25519"], ["subjectKeyIdentifier=0102030405"]],
    ["Ed25519 and no identifier", ["-newkey", "ed25519"], ["subjectKeyIdentifier=none"]],
  ])("are as good by a CA that somebody else made, with a key of %s", async (_kind, newKey, extensions) => {
    const own = join(directory, "own");
    execFileSync("mkdir", [own]);
    const more = ["basicConstraints=critical,CA:TRUE", ...extensions].flatMap((extension) => ["-addext", extension]);
    const out = ["-nodes", "-keyout", join(own, "ca.key"), "-out", join(own, "ca.crt")];
    const subject = ["-subj", "/C=DE/O=Clinic, Ltd./CN=Ärzte", "-utf8", "-days", "10"];
    execFileSync("openssl", ["req", "-x509", ...newKey, ...out, ...subject, ...more], { stdio: "ignore" });
    const { chainDer } = await certifierOf({ authority: await openAuthority(own, "aws") }).certify(key, URIS);
    expect(judge(chainDer)).toBe(URIS[0]);
  });
});
