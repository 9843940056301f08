import { KeyObject, webcrypto, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gateV1 } from "@tributary/contracts";
import { createGrpcClient, createTlsCredentials, type GrpcClient, systemClock } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openAuthorities } from "../authority/authorities.ts";
import type { CertificateAuthority } from "../authority/certificate-authority.ts";
import { createCallerOf } from "./worker-caller.ts";
import { listenToWorkers, type WorkerEndpoint, type WorkerMethods } from "./worker-endpoint.ts";

const URI = "tributary://aws/jobs/job-1/p/0";
const POD = "tributary-pod:pod-1";
let directory: string;
let former: CertificateAuthority;
let present: CertificateAuthority;
let endpoint: WorkerEndpoint;
let pinnedPem: string;
let clients: GrpcClient<typeof gateV1.WorkerService>[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "worker-endpoint-"));
  clients = [];
  const open = (wish: object) =>
    openAuthorities({
      directory,
      cluster: "aws",
      wish: { rotate: "", use: "", retire: "", ...wish },
      formerPem: "",
      nowMs: Date.now(),
    });
  await open({});
  const next = (await open({ rotate: "2027" })).keys[1]!.fingerprint;
  const authorities = await open({ use: next });
  [former, present] = authorities.keys as [CertificateAuthority, CertificateAuthority];
  pinnedPem = former.certificatePem;
  const callerOf = createCallerOf("aws", systemClock);
  const methods: WorkerMethods = {
    async trust(_request, context) {
      const { uri, publicKey } = callerOf(context);
      return { statement: Buffer.from(uri), signature: publicKey };
    },
    async attest({ token }) {
      return { lifetimeSeconds: BigInt(token.length) };
    },
  };
  endpoint = await listenToWorkers({
    port: 0,
    cluster: "aws",
    own: await authorities.endpoints.makeEndpoint(["localhost"]),
    callersPem: authorities.callersPem,
    methods,
    onError: () => {},
  });
});
afterEach(async () => {
  for (const client of clients) client.close();
  await endpoint.close();
  await rm(directory, { recursive: true, force: true });
});

interface Worker {
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly publicKey: Uint8Array;
}

async function workerOf(authority: CertificateAuthority, uris: readonly string[], endMs?: number): Promise<Worker> {
  const { subtle } = webcrypto;
  const keys = (await subtle.generateKey("Ed25519", true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const nowMs = Date.now();
  const der = await authority.signWorker(keys.publicKey, uris, { nowMs, endMs: endMs ?? nowMs + 3_600_000 });
  return {
    certificatePem: new X509Certificate(der).toString(),
    keyPem: KeyObject.from(keys.privateKey).export({ format: "pem", type: "pkcs8" }).toString(),
    publicKey: new Uint8Array(await subtle.exportKey("raw", keys.publicKey)),
  };
}

function clientOf(worker?: Worker): GrpcClient<typeof gateV1.WorkerService> {
  const client = createGrpcClient(gateV1.WorkerService, {
    address: `127.0.0.1:${endpoint.port}`,
    credentials: createTlsCredentials({ caPem: pinnedPem, ...worker }),
    unreachable: "GATE_UNREACHABLE",
    channel: { "grpc.ssl_target_name_override": "localhost" },
  });
  clients.push(client);
  return client;
}

const ask = async (worker?: Worker) => {
  const { statement, signature } = await clientOf(worker).trust({}, { timeoutMs: 10_000 });
  return { uri: Buffer.from(statement).toString(), publicKey: new Uint8Array(signature) };
};

const open = (worker?: Worker) =>
  connect(`https://127.0.0.1:${endpoint.port}`, {
    ca: pinnedPem,
    servername: "localhost",
    cert: worker?.certificatePem,
    key: worker?.keyPem,
  }).on("error", () => {});

/** Calls over a connection of its own; tells whether anything was answered before it was closed. */
async function isAnswered(worker?: Worker): Promise<boolean> {
  const session = open(worker);
  const path = `/${gateV1.WorkerService.typeName}/Trust`;
  let hasAnswer = false;
  const head = { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" };
  const request = session.request(head).on("error", () => {});
  request.on("response", () => {
    hasAnswer = true;
    request.close();
  });
  // Node tells of the end of a stream only once its data is read.
  request.resume().end(Buffer.alloc(5));
  await new Promise((resolve) => request.once("close", resolve));
  session.destroy();
  return hasAnswer;
}

describe("the endpoint of workers", () => {
  it("answers a worker", async () => expect(await isAnswered(await workerOf(present, [URI, POD]))).toBe(true));

  it("knows a worker by its certificate, of the present CA and of the former, and shows what runtimes pin", async () => {
    for (const authority of [former, present]) {
      const worker = await workerOf(authority, [URI, POD]);
      expect(await ask(worker)).toEqual({ uri: URI, publicKey: worker.publicKey });
    }
  });

  it("answers UNIMPLEMENTED where it has no method yet", async () => {
    const calls = clientOf(await workerOf(present, [URI, POD]));
    await expect(calls.record({}, { timeoutMs: 10_000 })).rejects.toMatchObject({
      code: "MESSAGE_INVALID",
      message: expect.stringContaining("does not implement"),
    });
  });

  it.each([
    ["no certificate", async () => undefined],
    [
      "a certificate of another CA",
      async () => {
        const wish = { rotate: "", use: "", retire: "" };
        const place = { directory: join(directory, "other"), cluster: "aws", wish, formerPem: "", nowMs: Date.now() };
        return workerOf((await openAuthorities(place)).signing, [URI, POD]);
      },
    ],
    ["a certificate whose time is over", () => workerOf(present, [URI, POD], Date.now() - 60_000)],
    ["a certificate that names nobody", () => workerOf(present, ["tributary://operator"])],
    ["a certificate that names two workers", () => workerOf(present, [URI, POD, "tributary://aws/jobs/job-1/p/1"])],
    ["a certificate of another cluster's worker", () => workerOf(present, ["tributary://gcp/jobs/job-1/p/0", POD])],
    ["a certificate that names no pod", () => workerOf(present, [URI])],
    ["a certificate that names two pods", () => workerOf(present, [URI, POD, "tributary-pod:pod-2"])],
    [
      "the gate's own certificate",
      async () => ({ ...(await present.makeEndpoint(["localhost"])), publicKey: new Uint8Array() }),
    ],
  ])("gives nothing to a caller with %s", async (_what, worker: () => Promise<Worker | undefined>) => {
    expect(await isAnswered(await worker())).toBe(false);
  });

  it("lets a worker have two connections, ends its oldest for one more, and nobody else's", async () => {
    const [worker, other] = [
      await workerOf(present, [URI, POD]),
      await workerOf(present, ["tributary://aws/jobs/job-1/p/1", POD]),
    ];
    const others = open(other);
    const [settings] = await once(others, "remoteSettings");
    expect(settings.maxConcurrentStreams).toBe(2);
    const first = open(worker);
    await once(first, "remoteSettings");
    const rest = [open(worker), open(worker)];
    await Promise.all([once(first, "close"), ...rest.map((session) => once(session, "remoteSettings"))]);
    expect([others, ...rest].map(({ destroyed }) => destroyed)).toEqual([false, false, false]);
    for (const session of [others, ...rest]) session.destroy();
  });

  it("takes the largest honest request of a method, and refuses a larger one unread", async () => {
    const calls = clientOf(await workerOf(present, [URI, POD]));
    const attest = (length: number) => calls.attest({ token: "t".repeat(length) }, { timeoutMs: 10_000 });
    expect(await attest(8_192)).toMatchObject({ lifetimeSeconds: 8_192n });
    await expect(attest(8_192 + 128)).rejects.toThrow("Error deserializing request");
  });
});
