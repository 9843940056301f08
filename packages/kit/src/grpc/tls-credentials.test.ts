import { type ConnectionOptions, connect, createServer, type TLSSocket } from "node:tls";
import type { Server } from "@grpc/grpc-js";
import { gateV1 } from "@tributary/contracts";
import { afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { createGrpcClient } from "./grpc-client.ts";
import { addService, closeGrpc, createGrpcEndpoint, listenGrpc } from "./grpc-service.ts";
import { makeSelfSigned } from "./testing/self-signed.ts";
import { createEndpointTlsCredentials, createTlsCredentials, type TlsMaterial } from "./tls-credentials.ts";

let own: TlsMaterial;
let endpoint: Server;

beforeAll(async () => {
  own = await makeSelfSigned();
});

beforeEach(() => {
  endpoint = createGrpcEndpoint();
  const enrol = async () => ({ chainDer: [], lifetimeSeconds: 1n });
  addService(endpoint, gateV1.GateService, { enrol }, () => {});
});
afterEach(() => closeGrpc(endpoint, 0));

/** The protocol that a caller of these options gets, or the error. */
function negotiate(port: number, options: ConnectionOptions): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket: TLSSocket = connect({ port, host: "127.0.0.1", servername: "localhost", ca: own.caPem, ...options });
  socket.once("secureConnect", () => resolve(socket.getProtocol() ?? ""));
  socket.once("error", ({ message }) => resolve(message));
  return promise.finally(() => socket.destroy());
}

it.each([false, true])("an endpoint speaks TLS 1.3 alone, with mutual TLS %s", async (isMutual) => {
  const { caPem, ...rest } = own;
  const tls = createEndpointTlsCredentials(isMutual ? own : rest);
  const port = await listenGrpc(endpoint, "127.0.0.1:0", tls);
  const pair = { cert: own.certificatePem, key: own.keyPem, ALPNProtocols: ["h2"] };
  expect(await negotiate(port, { ...pair, maxVersion: "TLSv1.2" })).toContain("protocol version");
  expect(await negotiate(port, pair)).toBe("TLSv1.3");
});

it("a caller refuses an endpoint that speaks TLS 1.2, and calls one of TLS 1.3", async () => {
  const old = createServer({ cert: own.certificatePem, key: own.keyPem, maxVersion: "TLSv1.2", ALPNProtocols: ["h2"] });
  await new Promise<void>((resolve) => old.listen(0, "127.0.0.1", resolve));
  const refused = new Promise<string>((resolve) => old.once("tlsClientError", ({ message }) => resolve(message)));
  const port = await listenGrpc(endpoint, "127.0.0.1:0", createEndpointTlsCredentials(own));
  const callAt = (to: number) =>
    createGrpcClient(gateV1.GateService, {
      address: `127.0.0.1:${to}`,
      credentials: createTlsCredentials(own),
      unreachable: "GATE_UNREACHABLE",
      channel: { "grpc.ssl_target_name_override": "localhost" },
    });
  const [toOld, toNew] = [callAt((old.address() as { port: number }).port), callAt(port)];
  const inVain = toOld.enrol({}, { timeoutMs: 1_000 }).then(
    () => "answered",
    ({ code }) => code,
  );
  expect(await refused).toContain("unsupported protocol");
  expect(await inVain).toBe("GATE_UNREACHABLE");
  expect(await toNew.enrol({}, { timeoutMs: 5_000 })).toMatchObject({ lifetimeSeconds: 1n });
  toOld.close();
  toNew.close();
  old.close();
});

it("an endpoint with a CA lets in nobody without a certificate of it", async () => {
  const port = await listenGrpc(endpoint, "127.0.0.1:0", createEndpointTlsCredentials(own));
  const nobody = createGrpcClient(gateV1.GateService, {
    address: `127.0.0.1:${port}`,
    credentials: createTlsCredentials({ caPem: own.caPem }),
    unreachable: "GATE_UNREACHABLE",
    channel: { "grpc.ssl_target_name_override": "localhost" },
  });
  await expect(nobody.enrol({}, { timeoutMs: 1_000 })).rejects.toMatchObject({ code: "GATE_UNREACHABLE" });
  nobody.close();
});
