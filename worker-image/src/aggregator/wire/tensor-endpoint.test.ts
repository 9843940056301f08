import { execFileSync } from "node:child_process";
import { createHash, randomBytes, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "@tributary/kit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { PartyDirectory } from "../party/party-directory.ts";
import type { SeatHolder, Seats } from "../party/seats.ts";
import { SegmentStaging } from "./segment-staging.ts";
import { startTensorEndpoint, type TensorEndpoint, type TensorRound } from "./tensor-endpoint.ts";

const MODEL = "a".repeat(64);
const PATH = "/v1/jobs/j/rounds/0/attempts/1/segments/0/parties/1";
const bytes = randomBytes(4 * 2 ** 20);
const sha256 = createHash("sha256").update(bytes).digest("hex");
/** Workers of the one seat: the first has it in most tests, the second has a later certificate. */
let first: Worker;
let second: Worker;
const seat = { partyId: 1 } as SeatHolder["seat"];
const seats = {
  all: [seat],
  seatOf: (der) => (Buffer.compare(der!, first.holder.certificateSha256) === 0 ? first : second).holder,
  requireOperator() {
    throw new Error("not the operator");
  },
} satisfies Seats;

interface Worker {
  readonly holder: SeatHolder;
  readonly certificate: string;
  readonly key: string;
}

let directory: string;
let parties: PartyDirectory;
let endpoint: TensorEndpoint;
let staging: SegmentStaging;
let told: { code: string; level: string }[];
let stored: number;
let refused: number;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "tensor-endpoint-"));
  [first, second] = [await makeWorker(1), await makeWorker(2)];
  await writeFile(join(directory, "model"), Buffer.alloc(64 * 2 ** 20));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const segment = { kind: "segment", jobUid: "j", round: 0, attempt: 1, segment: 0, party: 1 } as const;
const round: TensorRound = {
  fileOf: (digest) => (digest === MODEL ? { path: join(directory, "model"), name: "model" } : undefined),
  stagingOf: () => ({ staging, sizeBytes: bytes.length, section: "update" }),
  segmentStored: () => void stored++,
  countBytes: () => {},
};

/** A worker with a key of its own; its whole certificate stands for the certificate's digest here. */
async function makeWorker(issuedMs: number): Promise<Worker> {
  const [keyPath, path] = [join(directory, `${issuedMs}.key`), join(directory, `${issuedMs}.crt`)];
  execFileSync("openssl", ["genpkey", "-algorithm", "ED25519", "-out", keyPath], { stdio: "ignore" });
  const subject = ["-subj", "/CN=localhost", "-days", "1", "-addext", "subjectAltName=DNS:localhost"];
  execFileSync("openssl", ["req", "-x509", "-new", "-key", keyPath, "-out", path, ...subject]);
  const [certificate, key] = await Promise.all([readFile(path, "utf8"), readFile(keyPath, "utf8")]);
  const publicKey = new Uint8Array(32).fill(issuedMs);
  const { raw } = new X509Certificate(certificate);
  return { holder: { seat, publicKey, certificateSha256: raw, issuedMs }, certificate, key };
}

beforeEach(async () => {
  [told, refused, stored] = [[], 0, 0];
  staging = new SegmentStaging(await mkdtemp(join(directory, "staging-")));
  // An endpoint that ends may still say that it cut an answer off: no other test hears it.
  const lines = told;
  const log = createLogger("test", "info", { write: (line) => void lines.push(JSON.parse(line)) });
  const { certificate, key } = first;
  const tls = { certificate, key, peerCas: [certificate, second.certificate] };
  parties = new PartyDirectory(seats, () => 0);
  parties.join(first.holder, { kinds: [], capability: undefined });
  endpoint = await startTensorEndpoint(
    { tls, port: 0, jobUid: "j", seats, parties, log, onRefused: () => void refused++ },
    round,
  );
});
afterEach(() => endpoint.close());

function begin(options: RequestOptions, { certificate, key }: Worker = first) {
  const tls = { ca: first.certificate, cert: certificate, key, servername: "localhost" };
  const request = httpsRequest({ host: "127.0.0.1", port: endpoint.port, agent: false, ...tls, ...options });
  request.on("error", () => {});
  return request;
}

const untilTold = () => expect.poll(() => told.length, { timeout: 20_000 }).toBeGreaterThan(0);

it("a caller that hangs up in the middle of its upload is nobody's defect and no refusal; what came is kept", async () => {
  const range = `bytes 0-${bytes.length - 1}/${bytes.length}`;
  const headers = { "tributary-segment-sha256": sha256, "content-range": range, "content-length": bytes.length };
  const request = begin({ method: "PUT", path: PATH, headers });
  request.write(bytes.subarray(0, 3 * 2 ** 20));
  await expect.poll(() => staging.status(segment).storedBytes, { timeout: 20_000 }).toBeGreaterThan(0);
  request.destroy();
  await untilTold();
  expect(told).toMatchObject([{ code: "OPERATION_ABORTED", level: "info" }]);
  expect([refused, stored]).toEqual([0, 0]);
});

it("a caller that hangs up in the middle of a model is nobody's defect and no refusal", async () => {
  const request = begin({ method: "GET", path: `/v1/jobs/j/objects/${MODEL}` });
  request.once("response", (response) => response.once("data", () => request.destroy()));
  request.end();
  await untilTold();
  expect(told).toMatchObject([{ code: "OPERATION_ABORTED", level: "info" }]);
  expect(refused).toBe(0);
});

it("what is refused is counted and answered by its code", async () => {
  const request = begin({ method: "GET", path: `/v1/jobs/j/objects/${"b".repeat(64)}` });
  const code = new Promise((resolve) => {
    request.once("response", ({ headers }) => resolve(headers["tributary-code"]));
  });
  request.end();
  expect(await code).toBe("ROUND_NOT_OPEN");
  expect(told).toMatchObject([{ code: "ROUND_NOT_OPEN", level: "info" }]);
  expect(refused).toBe(1);
});

/** How an upload of the whole segment is announced. */
const whole = {
  "tributary-segment-sha256": sha256,
  "content-range": `bytes 0-${bytes.length - 1}/${bytes.length}`,
  "content-length": bytes.length,
};

it("an upload that comes byte by byte ends its connection, and what came of it is kept", async () => {
  const request = begin({ method: "PUT", path: PATH, headers: whole });
  const closed = once(request, "close");
  for (let at = 0; at < 4_000 && !request.destroyed; at++) {
    const written = new Promise((resolve) => request.write(bytes.subarray(at, at + 1), resolve));
    // What is written to a connection that breaks is called back for by nobody.
    await Promise.race([written, closed]);
  }
  await untilTold();
  expect(told).toMatchObject([{ code: "MESSAGE_INVALID", level: "info" }]);
  const { storedBytes } = staging.status(segment);
  expect(storedBytes).toBeGreaterThan(0);
  expect(storedBytes).toBeLessThan(4_000);
});

it.each([
  { name: "announced", headers: { "content-length": 5 } },
  { name: "in chunks", headers: { "transfer-encoding": "chunked" } },
])("a body of a request that needs none is not read: $name", async ({ headers }) => {
  const request = begin({ method: "GET", path: `/v1/jobs/j/objects/${MODEL}`, headers });
  const answered = once(request, "response");
  request.write("hello");
  const [response] = await answered;
  expect(response.headers).toMatchObject({ "tributary-code": "MESSAGE_INVALID", connection: "close" });
});

it("a body that is there already is not read: its connection ends", async () => {
  const first = begin({ method: "PUT", path: PATH, headers: whole }).end(bytes);
  expect((await once(first, "response"))[0].headers).toMatchObject({ "tributary-complete": "true" });
  const second = begin({ method: "PUT", path: PATH, headers: whole });
  const answered = once(second, "response");
  second.write(bytes.subarray(0, 10));
  expect((await answered)[0].headers).toMatchObject({ "tributary-complete": "true", connection: "close" });
  expect(stored).toBe(2);
});

describe("connections without a certificate", () => {
  const open = new Set<Socket>();
  afterEach(() => {
    for (const socket of open) socket.destroy();
  });

  /** A connection that says nothing, once it is there; it may be ended at once. */
  async function connectSilently(): Promise<void> {
    const socket = connect(endpoint.port, "127.0.0.1").on("error", () => {});
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    await Promise.race([once(socket, "connect"), once(socket, "close")]).catch(() => {});
  }

  /** A few at a time: those that the kernel has no room for look open to the caller alone. */
  async function connectManySilently(count: number): Promise<void> {
    for (let i = 0; i < count; i += 50)
      await Promise.all(Array.from({ length: Math.min(50, count - i) }, connectSilently));
  }

  async function fetchModel(): Promise<number | undefined> {
    const [response] = await once(begin({ method: "GET", path: `/v1/jobs/j/objects/${MODEL}` }).end(), "response");
    response.destroy();
    return response.statusCode;
  }

  it("are few; a party is served while they are there and more come, and keeps what it has", async () => {
    const kept = begin({ method: "GET", path: `/v1/jobs/j/objects/${MODEL}` }).end();
    const [response] = await once(kept, "response");
    await connectManySilently(1_000);
    await expect.poll(() => open.size, { timeout: 20_000 }).toBe(256);
    let isOver = false;
    const flood = Array.from({ length: 4 }, async () => {
      while (!isOver) await connectSilently();
    });
    for (let i = 0; i < 10; i++) expect(await fetchModel()).toBe(200);
    isOver = true;
    await Promise.all(flood);
    await expect.poll(() => open.size, { timeout: 20_000 }).toBe(256);
    expect(response.socket.destroyed).toBe(false);
    kept.destroy();
  });

  it("leave no trace of those that proved who they are", async () => {
    await connectManySilently(256);
    // One silent connection makes room for the first; each of those that follow has the place of the one before.
    for (let i = 0; i < 5; i++) expect(await fetchModel()).toBe(200);
    await expect.poll(() => open.size, { timeout: 20_000 }).toBe(255);
  });
});

describe("a worker that was replaced", () => {
  const ask = async (worker: Worker, options: RequestOptions, body?: Buffer) => {
    const [response] = await once(begin(options, worker).end(body), "response");
    await once(response.resume(), "end");
    return response.headers["tributary-code"] ?? response.statusCode;
  };
  const model = { method: "GET", path: `/v1/jobs/j/objects/${MODEL}` };
  const stealing = { method: "HEAD", path: PATH, headers: { "tributary-segment-sha256": "ab".repeat(32) } };

  it("neither names the digest of its successor's segment nor fetches anything", async () => {
    parties.join(second.holder, { kinds: [], capability: undefined });
    expect([await ask(first, stealing), await ask(first, model)]).toEqual(["IDENTITY_REJECTED", "IDENTITY_REJECTED"]);
    expect(await ask(second, { method: "PUT", path: PATH, headers: whole }, bytes)).toBe(200);
    expect([stored, refused]).toEqual([1, 2]);
  });

  it("names nothing before anybody has joined an aggregator that was started again; its successor tries again", async () => {
    parties = new PartyDirectory(seats, () => 0);
    const log = createLogger("test", "silent");
    const { certificate, key } = first;
    const tls = { certificate, key, peerCas: [certificate, second.certificate] };
    await endpoint.close();
    endpoint = await startTensorEndpoint({ tls, port: 0, jobUid: "j", seats, parties, log, onRefused() {} }, round);
    expect([await ask(first, stealing), await ask(second, model)]).toEqual(
      Array.from({ length: 2 }, () => "AGGREGATOR_UNREACHABLE"),
    );
    parties.join(second.holder, { kinds: [], capability: undefined });
    expect([await ask(first, stealing), await ask(second, model)]).toEqual(["IDENTITY_REJECTED", 200]);
    expect(staging.status(segment)).toEqual({ storedBytes: 0, isComplete: false });
  });

  it.each([
    { what: "upload", options: { method: "PUT", path: PATH, headers: whole } },
    { what: "download", options: model },
  ])("has its $what ended when the seat is taken; the successor is answered at once", async ({ what, options }) => {
    const request = begin(options);
    const closed = new Promise((resolve) => request.once("close", resolve));
    let read = 0;
    let readOn = () => {};
    if (what === "upload") {
      request.write(bytes.subarray(0, 3 * 2 ** 20));
      await expect.poll(() => staging.status(segment).storedBytes, { timeout: 20_000 }).toBeGreaterThan(0);
    } else {
      const [response] = await once(request.end(), "response");
      response.on("error", () => {});
      response.on("data", (chunk: Buffer) => (read += chunk.length)).pause();
      readOn = () => response.resume();
    }
    parties.join(second.holder, { kinds: [], capability: undefined });
    await untilTold();
    readOn();
    await closed;
    expect(told).toMatchObject([{ code: "IDENTITY_REJECTED", level: "info" }]);
    expect(stored).toBe(0);
    expect(read).toBeLessThan(64 * 2 ** 20);
    expect(await ask(second, model)).toBe(200);
  });

  it("has none of its requests in the way of its successor's", async () => {
    const held = Array.from({ length: 8 }, () => begin(model).end());
    await Promise.all(held.map((request) => once(request, "response")));
    expect(await ask(first, model)).toBe("QUEUE_FULL");
    parties.join(second.holder, { kinds: [], capability: undefined });
    expect(await Promise.all(Array.from({ length: 4 }, () => ask(second, model)))).toEqual([200, 200, 200, 200]);
  });
});
