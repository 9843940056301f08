import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
  type OutgoingHttpHeaders,
} from "node:http2";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import type { Server } from "@grpc/grpc-js";
import { gateV1 } from "@tributary/contracts";
import { afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { createGrpcClient, type GrpcClient } from "./grpc-client.ts";
import { addService, closeGrpc, createGrpcEndpoint } from "./grpc-service.ts";
import { listenGrpcOverTls, type TlsListener } from "./grpc-tls-listener.ts";
import { makeSelfSigned } from "./testing/self-signed.ts";
import { createTlsCredentials, type TlsMaterial } from "./tls-credentials.ts";

let own: TlsMaterial;
let endpoint: Server;
let listener: TlsListener;
let seen: TLSSocket[];
let isWelcome: boolean;
/** Where calls came from. */
let addresses: (string | undefined)[];
/** What calls wait for before they are answered. */
let answering: Promise<unknown>;
const clients: { close(): void }[] = [];

beforeAll(async () => {
  own = await makeSelfSigned();
});

beforeEach(async () => {
  seen = [];
  addresses = [];
  isWelcome = true;
  answering = Promise.resolve();
  endpoint = createGrpcEndpoint();
  const enrol = async (_: unknown, context: { peerCertificate: Uint8Array | undefined; peerAddress?: string }) => {
    addresses.push(context.peerAddress);
    await answering;
    return { chainDer: context.peerCertificate === undefined ? [] : [context.peerCertificate] };
  };
  addService(endpoint, gateV1.GateService, { enrol }, () => {});
  const onConnection = (socket: TLSSocket) => {
    seen.push(socket);
    if (!isWelcome) socket.destroy();
  };
  listener = await listenGrpcOverTls(endpoint, { port: 0, tls: own, onConnection, requestTimeoutMs: 500 });
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  listener.close();
  await closeGrpc(endpoint, 0);
});

const caller = () => callerOf(own, listener.port);

function callerOf(identity: TlsMaterial, port: number): GrpcClient<typeof gateV1.GateService> {
  const client = createGrpcClient(gateV1.GateService, {
    address: `127.0.0.1:${port}`,
    credentials: createTlsCredentials(identity),
    unreachable: "GATE_UNREACHABLE",
    channel: { "grpc.ssl_target_name_override": "localhost" },
  });
  clients.push(client);
  return client;
}

/** How a connection of these options ends: a protocol, or an error. */
function negotiate(options: ConnectionOptions): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const to = { port: listener.port, host: "127.0.0.1", servername: "localhost", ca: own.caPem };
  const socket = connect({ ...to, ALPNProtocols: ["h2"], ...options });
  // With TLS 1.3 the caller is done before its certificate is looked at.
  socket.once("data", () => resolve("talks"));
  socket.once("error", ({ message }) => resolve(message));
  socket.once("close", () => resolve("closed"));
  return promise.finally(() => socket.destroy());
}

it("hands connections to the endpoint, which sees the caller's certificate and address", async () => {
  const { chainDer } = await caller().enrol({}, { timeoutMs: 10_000 });
  expect(chainDer).toHaveLength(1);
  expect(addresses).toEqual(["::ffff:127.0.0.1"]);
  expect(seen.map((socket) => socket.getPeerX509Certificate()?.raw.equals(Buffer.from(chainDer[0]!)))).toEqual([true]);
});

it("tells callers apart whose connections are open side by side, call after call", async () => {
  const other = await makeSelfSigned();
  const trusting = { ...own, caPem: `${own.caPem}\n${other.caPem}` };
  const both = await listenGrpcOverTls(endpoint, { port: 0, tls: trusting });
  const callers = [own, other].map((identity) => callerOf({ ...identity, caPem: own.caPem }, both.port));
  const certificates = [own, other].map(({ certificatePem }) => new X509Certificate(certificatePem).raw);
  for (let call = 0; call < 3; call++)
    for (const [index, each] of callers.entries()) {
      const { chainDer } = await each.enrol({}, { timeoutMs: 10_000 });
      expect(certificates[index]!.equals(Buffer.from(chainDer[0]!))).toBe(true);
    }
  both.close();
});

it("shows a connection to nobody who was refused before: TLS 1.2, no certificate", async () => {
  const pair = { cert: own.certificatePem, key: own.keyPem };
  expect(await negotiate({ ...pair, maxVersion: "TLSv1.2" })).toContain("protocol version");
  expect(await negotiate({})).toMatch(/certificate required|closed/u);
  expect(seen).toEqual([]);
  expect(await negotiate(pair)).toBe("talks");
  expect(seen).toHaveLength(1);
});

it("a connection that is destroyed when it comes reaches no method", async () => {
  isWelcome = false;
  await expect(caller().enrol({}, { timeoutMs: 2_000 })).rejects.toMatchObject({ code: "GATE_UNREACHABLE" });
});

it("a connection that is destroyed while it is served has no caller any more", async () => {
  await ping(await connectRaw());
  expect(seen[0]!.getPeerCertificate()).toMatchObject({ raw: new X509Certificate(own.certificatePem).raw });
  seen[0]!.destroy();
  expect(seen[0]!.getPeerCertificate()).toBeNull();
});

/** A connection of a caller that does with its requests what it likes. */
async function connectRaw(): Promise<ClientHttp2Session> {
  const tls = { ca: own.caPem, cert: own.certificatePem, key: own.keyPem, servername: "localhost" };
  const session = connectHttp2(`https://127.0.0.1:${listener.port}`, tls).on("error", () => {});
  await once(session, "connect");
  return session;
}

/** Resolves once the endpoint has read what was sent before. */
function ping(session: ClientHttp2Session): Promise<unknown> {
  return new Promise((resolve) => session.ping(resolve));
}

/** Begins a request and leaves it in the middle. */
function beginRequest(session: ClientHttp2Session, headers: OutgoingHttpHeaders): ClientHttp2Stream {
  const path = `/${gateV1.GateService.typeName}/Enrol`;
  const head = { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers", ...headers };
  const request = session.request(head).on("error", () => {});
  // One byte of a message of nine.
  request.write(Uint8Array.of(0, 0, 0, 0, 9, 1));
  return request;
}

/** Headers that have the endpoint end a request by its caller's deadline. */
const shortDeadline = { "grpc-timeout": "1m" };

it.each([
  { name: "in the middle", headers: {} },
  { name: "and lets its own deadline pass", headers: shortDeadline },
])("whoever leaves a request $name loses its connection; a whole one may wait for its answer", async ({ headers }) => {
  const session = await connectRaw();
  const closed = once(session, "close");
  answering = closed;
  const waiting = caller().enrol({}, { timeoutMs: 10_000 });
  beginRequest(session, headers);
  await closed;
  expect((await waiting).chainDer).toHaveLength(1);
  expect(seen.map(({ destroyed }) => destroyed).sort()).toEqual([false, true]);
});

it.each([
  { name: "in the middle", headers: {}, isAnswered: false },
  { name: "once its own deadline has passed", headers: shortDeadline, isAnswered: true },
])("whoever gives a request up $name keeps its connection", async ({ headers, isAnswered }) => {
  const session = await connectRaw();
  const request = beginRequest(session, headers);
  // The endpoint has the request by the time that it answers it, or a ping that follows it.
  await (isAnswered ? once(request, "response") : ping(session));
  request.close(constants.NGHTTP2_CANCEL);
  await ping(session);
  const left = await connectRaw();
  beginRequest(left, {});
  await once(left, "close");
  expect(seen.map(({ destroyed }) => destroyed)).toEqual([false, true]);
  session.destroy();
});

it("ends what is open when the endpoint is closed", async () => {
  await caller().enrol({}, { timeoutMs: 10_000 });
  const ended = new Promise((resolve) => seen[0]!.once("close", resolve));
  listener.close();
  await closeGrpc(endpoint, 100);
  await ended;
  expect(seen[0]!.destroyed).toBe(true);
});
