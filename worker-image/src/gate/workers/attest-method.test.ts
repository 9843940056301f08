import { webcrypto } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CallContext, createLogger, systemClock, TributaryError } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { verifyMemberChain } from "../../shared/identity/verify-member-chain.ts";
import type { CertificateAuthority } from "../authority/certificate-authority.ts";
import { MemberCertifier } from "../authority/member-certifier.ts";
import { openAuthority } from "../authority/testing/open-authority.ts";
import type { EnrolmentPolicy } from "../enrolment/identify-worker.ts";
import { createPodReview } from "../enrolment/review-pod.ts";
import { aRuntime, aWorkerPod } from "../enrolment/testing/a-worker-pod.ts";
import { nothingInjected } from "../enrolment/testing/nothing-injected.ts";
import { dataDigest } from "../identity/data-name.ts";
import { type MemberIdentity, openIdentity } from "../identity/member-identity.ts";
import type { PodTemplateView, PodView } from "../kubernetes/pod-shape.ts";
import { type Attested, attestMethod } from "./attest-method.ts";
import { dataNameOf } from "./data-name-of.ts";
import { createCallerOf } from "./worker-caller.ts";

const URI = "tributary://aws/tributary-jobs/0b9c6f9e-9c0c-4a57-9d7c-1f1d1a2b3c4d/aws/0";
const CLAIMS = [{ namespace: "tributary-jobs", claim: "notes", subPath: "legal" }];
const DATA_KEY = new Uint8Array(32).fill(7);
const TOKEN = `h.${Buffer.from(JSON.stringify({ aud: "tributary", "kubernetes.io": { namespace: "tributary-jobs" } })).toString("base64url")}.s`;
const { metadata, spec } = aWorkerPod();
const policy: EnrolmentPolicy = {
  cluster: "aws",
  namespaces: ["tributary-jobs"],
  images: [spec.initContainers![0]!.image!],
  sidecarContainer: "sidecar",
  injected: nothingInjected,
  requireImageDigests: false,
  runningDigests: [],
};

let directory: string;
let authority: CertificateAuthority;
let identity: MemberIdentity;
let publicKey: webcrypto.CryptoKey;
let pod: PodView | undefined;
let runtime: PodTemplateView;
let attested: Attested[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "attest-"));
  authority = await openAuthority(directory, "aws");
  identity = await openIdentity(directory, { rotate: "", use: "", retire: "" });
  const keys = (await webcrypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  publicKey = keys.publicKey;
  pod = aPod("0");
  runtime = aRuntime();
  attested = [];
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const aPod = (index: string) =>
  aWorkerPod((pod) => (pod.metadata.labels["batch.kubernetes.io/job-completion-index"] = index));

/** An API server that knows one pod and takes every token for its own. */
const fakeApi = {
  async reviewToken() {
    const extra = {
      "authentication.kubernetes.io/pod-name": [metadata.name],
      "authentication.kubernetes.io/pod-uid": [metadata.uid],
    };
    return {
      authenticated: true,
      audiences: ["tributary"],
      user: { username: "system:serviceaccount:tributary-jobs:worker", extra },
    };
  },
  getPod: async () => pod,
  listPodTemplates: async () => [runtime],
};

const attest = (change: Partial<Parameters<typeof attestMethod>[0]> = {}) =>
  attestMethod({
    review: createPodReview({ policy, api: fakeApi }),
    callerOf: createCallerOf("aws", systemClock),
    dataNameOf: (reviewed) => dataNameOf({ dataKey: DATA_KEY, sidecarContainer: "sidecar" }, reviewed),
    certifier: new MemberCertifier({ authority, identity: identity.signing, member: "aws", clock: systemClock }),
    onAttested: async (one) => void attested.push(one),
    clock: systemClock,
    log: createLogger("test", "silent"),
    ...change,
  });

async function contextOf(uri = URI, endMs = Date.now() + 3_600_000, podUid = metadata.uid): Promise<CallContext> {
  const peerCertificate = await authority.signWorker(publicKey, [uri, `tributary-pod:${podUid}`], {
    nowMs: Date.now(),
    endMs,
  });
  return { signal: new AbortController().signal, peerCertificate };
}

const anotherWorkersPod = aWorkerPod((other) => (other.metadata.labels["tributary.dev/participant"] = "gcp"));

const request = { token: TOKEN, sentBytes: 1_234n } as Parameters<ReturnType<typeof attestMethod>>[0];

describe("attestation", () => {
  it("gives a worker whose pod is there a chain that other members verify, for the key that it calls with", async () => {
    const { chainDer, lifetimeSeconds } = await attest()(request, await contextOf());
    const peers = [{ organisation: "hospital", member: "aws", identityKeys: [identity.signing.publicKey] }];
    const chain = chainDer as readonly Uint8Array[];
    const data = dataDigest(DATA_KEY, CLAIMS);
    expect(verifyMemberChain(chain, { peers, nowMs: Date.now(), toleranceMs: 0 })).toMatchObject({
      ok: true,
      verified: {
        uri: URI,
        member: "aws",
        organisation: "hospital",
        dataName: { data, index: 0 },
        publicKey: new Uint8Array(await webcrypto.subtle.exportKey("raw", publicKey)),
      },
    });
    expect(Number(lifetimeSeconds)).toBeGreaterThan(280);
    expect(Number(lifetimeSeconds)).toBeLessThanOrEqual(300);
    expect(attested).toMatchObject([{ reviewed: { uri: URI }, dataName: { data, index: 0 }, sentBytes: 1_234n }]);
  });

  it.each([
    ["a pod that is gone", undefined, "is gone"],
    ["a pod that was made anew under its name", { ...aPod("0"), metadata: { ...metadata, uid: "another" } }, "is gone"],
    ["a pod that has ended", { ...aPod("0"), status: { phase: "Failed" } }, "has ended"],
    ["another worker's pod", anotherWorkersPod, `is ${URI.replace("/aws/0", "/gcp/0")}, not ${URI}`],
    [
      "a pod that was changed since it enrolled",
      aWorkerPod((changed) => changed.spec.containers[0].env.push({ name: "A", value: "b" })),
      "is not as PodTemplate full.notes has it",
    ],
  ])("is refused for %s", async (_what, found, why) => {
    pod = found;
    await expect(attest()(request, await contextOf())).rejects.toMatchObject({
      code: "ENROLMENT_REFUSED",
      message: expect.stringContaining(why),
    });
    expect(attested).toEqual([]);
  });

  it("is refused for another pod of the same seat than the certificate was made for", async () => {
    const context = await contextOf(URI, Date.now() + 3_600_000, "former");
    await expect(attest()(request, context)).rejects.toMatchObject({
      code: "ENROLMENT_REFUSED",
      message: expect.stringContaining("the certificate is of pod former"),
    });
    expect(attested).toEqual([]);
  });

  it("is refused to a certificate that names no worker, or whose time is over, before anybody is asked", async () => {
    const review = async () => Promise.reject(new Error("asked"));
    const contexts = [await contextOf("tributary://operator"), await contextOf(URI, Date.now() - 1_000)];
    for (const context of contexts)
      await expect(attest({ review })(request, context)).rejects.toMatchObject({ code: "IDENTITY_REJECTED" });
  });

  it("is refused without a token", async () => {
    await expect(attest()({ ...request, token: "" }, await contextOf())).rejects.toMatchObject({
      code: "TOKEN_REJECTED",
    });
  });

  it("signs nothing where it cannot be written down, or nobody knows what the worker trains on", async () => {
    const full = new TributaryError("STORAGE_FULL", "no room");
    const certifier = { certify: async () => Promise.reject(new Error("signed")) };
    const context = await contextOf();
    await expect(attest({ certifier, onAttested: () => Promise.reject(full) })(request, context)).rejects.toBe(full);
    const gone = new TributaryError("ENROLMENT_REFUSED", "no template");
    await expect(
      attest({
        certifier,
        dataNameOf: () => {
          throw gone;
        },
      })(request, context),
    ).rejects.toBe(gone);
  });
});
