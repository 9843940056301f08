import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "@tributary/kit";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { SeatHolder, Seats } from "../party/seats.ts";
import { SegmentStaging } from "./segment-staging.ts";
import { startTensorEndpoint, type TensorEndpoint } from "./tensor-endpoint.ts";

const MODEL = "a".repeat(64);
const PATH = "/v1/jobs/j/rounds/0/attempts/1/segments/0/parties/1";
const bytes = randomBytes(4 * 2 ** 20);
const sha256 = createHash("sha256").update(bytes).digest("hex");
const seats = {
  all: [],
  seatOf: () => ({ seat: { partyId: 1 } }) as SeatHolder,
  requireOperator() {
    throw new Error("not the operator");
  },
} satisfies Seats;

let directory: string;
let certificate: string;
let key: string;
let endpoint: TensorEndpoint;
let staging: SegmentStaging;
let told: { code: string; level: string }[];
let stored: number;
let refused: number;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "tensor-endpoint-"));
  const [keyPath, path] = [join(directory, "tls.key"), join(directory, "tls.crt")];
  execFileSync("openssl", ["genpkey", "-algorithm", "ED25519", "-out", keyPath], { stdio: "ignore" });
  const subject = ["-subj", "/CN=localhost", "-days", "1", "-addext", "subjectAltName=DNS:localhost"];
  execFileSync("openssl", ["req", "-x509", "-new", "-key", keyPath, "-out", path, ...subject]);
  [certificate, key] = await Promise.all([readFile(path, "utf8"), readFile(keyPath, "utf8")]);
  await writeFile(join(directory, "model"), Buffer.alloc(64 * 2 ** 20));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

beforeEach(async () => {
  [told, refused, stored] = [[], 0, 0];
  staging = new SegmentStaging(await mkdtemp(join(directory, "staging-")));
  const log = createLogger("test", "info", { write: (line) => void told.push(JSON.parse(line)) });
  const tls = { certificate, key, peerCas: [certificate] };
  endpoint = await startTensorEndpoint(
    { tls, port: 0, jobUid: "j", seats, log, onRefused: () => void refused++ },
    {
      fileOf: (digest) => (digest === MODEL ? join(directory, "model") : undefined),
      stagingOf: () => ({ staging, sizeBytes: bytes.length }),
      segmentStored: () => void stored++,
      countBytes: () => {},
    },
  );
});
afterEach(() => endpoint.close());

function begin(options: RequestOptions) {
  const tls = { ca: certificate, cert: certificate, key, servername: "localhost" };
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
  const status = () => staging.status({ kind: "segment", jobUid: "j", round: 0, attempt: 1, segment: 0, party: 1 });
  await expect.poll(() => status().storedBytes, { timeout: 20_000 }).toBeGreaterThan(0);
  request.destroy();
  await untilTold();
  expect(told).toMatchObject([{ code: "OPERATION_ABORTED", level: "info" }]);
  expect([refused, stored]).toEqual([0, 0]);
});

it("a caller that hangs up in the middle of a model is nobody's defect and no refusal", async () => {
  const request = begin({ method: "GET", path: `/v1/jobs/j/models/${MODEL}` });
  request.once("response", (response) => response.once("data", () => request.destroy()));
  request.end();
  await untilTold();
  expect(told).toMatchObject([{ code: "OPERATION_ABORTED", level: "info" }]);
  expect(refused).toBe(0);
});

it("what is refused is counted and answered by its code", async () => {
  const request = begin({ method: "GET", path: `/v1/jobs/j/models/${"b".repeat(64)}` });
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
  const { storedBytes } = staging.status({ kind: "segment", jobUid: "j", round: 0, attempt: 1, segment: 0, party: 1 });
  expect(storedBytes).toBeGreaterThan(0);
  expect(storedBytes).toBeLessThan(4_000);
});

it.each([
  { name: "announced", headers: { "content-length": 5 } },
  { name: "in chunks", headers: { "transfer-encoding": "chunked" } },
])("a body of a request that needs none is not read: $name", async ({ headers }) => {
  const request = begin({ method: "GET", path: `/v1/jobs/j/models/${MODEL}`, headers });
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
