import { createPrivateKey, createPublicKey, webcrypto, X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Protocol } from "@tributary/federated";
import { createLogger, systemClock } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemberCertifier } from "../../gate/authority/member-certifier.ts";
import { openAuthority } from "../../gate/authority/testing/open-authority.ts";
import { openIdentity, signAsMember } from "../../gate/identity/member-identity.ts";
import { judgeTrust } from "../../gate/trust/trust.ts";
import { trustMethod } from "../../gate/trust/trust-method.ts";
import { createCallerOf } from "../../gate/workers/worker-caller.ts";
import { listenToWorkers, type WorkerEndpoint, type WorkerMethods } from "../../gate/workers/worker-endpoint.ts";
import { createNodeCryptoSuite } from "../../shared/crypto/node-crypto-suite.ts";
import { certificateSha256 } from "../../shared/identity/certificates.ts";
import { type SeatedWorker, speakRound, trustOfParty1 } from "../../shared/terms/testing/honest-round.ts";
import { VouchingMembers } from "../../shared/terms/testing/vouched-workers.ts";
import { loadOrMakeWorkerKey } from "../identity/worker-key.ts";
import { checkOpened } from "../round/check-opened.ts";
import { MemberGate } from "./member-gate.ts";

const URI = "tributary://m0/jobs/job/p0/0";
const DATA = `tributary-data:${"0a".repeat(32)}/0`;
const NEVER = new AbortController().signal;

let directory: string;
let endpoint: WorkerEndpoint;
let gate: MemberGate;
let left: AbortController;
let attesting: Promise<void>;
let certificatePem: string;
let keyPem: string;
let publicKey: Uint8Array;
/** Workers of two other members, which this one's peer list names. */
let others: VouchingMembers;
/** What the gate was asked. */
let asked: object[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "member-gate-"));
  [asked, left] = [[], new AbortController()];
  others = await VouchingMembers.create(Date.now());
  const authority = await openAuthority(directory, "m0");
  keyPem = await loadOrMakeWorkerKey(directory);
  const spki = createPublicKey(createPrivateKey(keyPem)).export({ format: "der", type: "spki" });
  const key = await webcrypto.subtle.importKey("spki", spki, "Ed25519", true, ["verify"]);
  publicKey = new Uint8Array(await webcrypto.subtle.exportKey("raw", key));
  const nowMs = Date.now();
  const der = await authority.signWorker(key, [URI, "tributary-pod:pod-1"], { nowMs, endMs: nowMs + 3_600_000 });
  certificatePem = new X509Certificate(der).toString();
  const methods = await methodsOf(authority);
  const own = await authority.makeEndpoint(["localhost"]);
  endpoint = await listenToWorkers({
    ...{ port: 0, cluster: "m0", own, callersPem: authority.certificatePem, methods },
    onError: () => {},
  });
  await writeFile(join(directory, "token"), "a token\n");
  gate = new MemberGate({
    source: {
      ...{ kind: "gate", address: "127.0.0.1:1", workerAddress: `127.0.0.1:${endpoint.port}`, serverName: "localhost" },
      ...{ caPem: authority.certificatePem, tokenPath: join(directory, "token") },
    },
    ...{ crypto: createNodeCryptoSuite(), clock: systemClock, log: createLogger("test", "silent") },
  });
  attesting = Promise.resolve();
});
afterEach(async () => {
  left.abort(new Error("left"));
  await attesting;
  gate.disconnect();
  await endpoint.close();
  await rm(directory, { recursive: true, force: true });
});

/** The gate of member `m0` of organisation `o0`, but for its look at the pod and what it remembers. */
async function methodsOf(authority: Awaited<ReturnType<typeof openAuthority>>): Promise<WorkerMethods> {
  const { signing: identity } = await openIdentity(directory, { rotate: "", use: "", retire: "" });
  const certifier = new MemberCertifier({ authority, identity, member: "m0", clock: systemClock });
  const own = { organisation: "o0", member: "m0", publicKeys: [identity.publicKey] };
  const listed = others.peers.slice(1).map(({ organisation, member, identityKeys: [key] }) => {
    return { organisation, member, publicKey: Buffer.from(key!).toString("base64") };
  });
  const texts = { peers: JSON.stringify({ version: 1, peers: listed }), policy: '{"version":1,"minOrganisations":3}' };
  const trust = judgeTrust(own, { ...texts, trustedPeers: undefined });
  const signer = { own: () => own, sign: (message: Uint8Array) => signAsMember(identity, message) };
  const callerOf = createCallerOf("m0", systemClock);
  return {
    trust: trustMethod({ trust: { forRounds: () => trust }, signer, clock: systemClock }),
    async attest({ token, sentBytes }, context) {
      asked.push({ token, sentBytes });
      const caller = callerOf(context);
      const key = await webcrypto.subtle.importKey("raw", caller.publicKey, "Ed25519", true, ["verify"]);
      const { chainDer } = await certifier.certify(key, [caller.uri, DATA]);
      return { chainDer: [...chainDer], lifetimeSeconds: 300n };
    },
    async record({ sections, threshold, sentBytes }) {
      asked.push({
        sections: sections.map(({ section, dataNames }) => [section, dataNames.length]),
        threshold,
        sentBytes,
      });
      return { refusal: threshold === 3 ? "" : "too near" };
    },
    async admit({ line }) {
      return { policySha256: new Uint8Array(32), refusal: line === 4 ? "" : "PolicyRefuses: policy.withdrawn is true" };
    },
  };
}

async function connected(): Promise<MemberGate> {
  gate.connect({ certificatePem, keyPem });
  attesting = gate.attestation.keepNew(left.signal);
  await gate.attestation.firstAnswer(10_000, left.signal);
  return gate;
}

const voice = () => gate.voiceFor({ partyId: 1, publicKey, certificatePem });

/** A masked round of this worker and two others, of which its gate knows the members. */
async function aRound() {
  const chainDer = [...gate.attestation.chain!];
  const own: SeatedWorker = {
    chainDer,
    publicKey,
    certificateSha256: certificateSha256(new X509Certificate(chainDer[0]!)),
  };
  const workers = [own, await others.worker(1), await others.worker(2)];
  const { setup, opened } = speakRound({ protocol: Protocol.Masking, minOrganisations: 3, workers });
  return checkOpened(trustOfParty1({ workers }), setup, opened);
}

const sum = {
  ...{ line: 4, attempt: 1, sentBytes: 7, startSha256: new Uint8Array(32), workSha256: new Uint8Array(32) },
  sections: [{ section: "update", dataNames: [new Uint8Array(36)] }],
};

describe("the gate of a worker's member", () => {
  it("attests the worker over its own link, and hears how many bytes left", async () => {
    gate.noteSent(40);
    gate.noteSent(2);
    await connected();
    expect(gate.attestation.chain).toHaveLength(2);
    expect(asked).toEqual([{ token: "a token", sentBytes: 42n }]);
  });

  it("says who is in a masked round, and what it asks of it", async () => {
    await connected();
    const { enrolled, policy } = await voice().partiesOf(await aRound(), 10_000, NEVER);
    expect(enrolled.map(({ organisation }) => organisation)).toEqual(["o0", "o1", "o2"]);
    expect([...enrolled[0]!.dataName]).toEqual([...Array(32).fill(10), 0, 0, 0, 0]);
    expect(policy).toEqual({ allowUnmasked: false, minOrganisations: 3 });
  });

  it("admits rounds and remembers sums, or says why not", async () => {
    await connected();
    const { admit, record } = voice();
    const bytes = Uint8Array.of(1);
    const question = { setup: bytes, terms: bytes, start: bytes, signature: bytes, line: 4, attempt: 1 };
    await admit(question, 10_000, NEVER);
    await expect(admit({ ...question, line: 5 }, 10_000, NEVER)).rejects.toMatchObject({ code: "TERMS_REFUSED" });
    await record({ ...sum, threshold: 3 }, NEVER);
    await expect(record({ ...sum, threshold: 4 }, NEVER)).rejects.toMatchObject({ code: "DIFFERENCE_OF_JOBS" });
    expect(asked.slice(1)).toEqual(
      [3, 4].map((threshold) => ({ sections: [["update", 1]], threshold, sentBytes: 7n })),
    );
  });

  it("says nothing without a link", async () => {
    await connected();
    const round = await aRound();
    gate.disconnect();
    await expect(voice().partiesOf(round, 100, NEVER)).rejects.toMatchObject({ code: "GATE_UNREACHABLE" });
  });
});
