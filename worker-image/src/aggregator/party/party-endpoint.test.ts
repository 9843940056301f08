import { once } from "node:events";
import { connect } from "node:http2";
import { credentials, ServerCredentials } from "@grpc/grpc-js";
import { partyV1 } from "@tributary/contracts";
import { addService, closeGrpc, createGrpcClient, listenGrpc } from "@tributary/kit";
import { expect, it } from "vitest";
import { createPartyEndpoint } from "./party-endpoint.ts";

const KIB = 2 ** 10;

it("takes few calls of a connection: each may hold as much of a half-sent request as a request may have", async () => {
  const endpoint = createPartyEndpoint({ send: KIB });
  const port = await listenGrpc(endpoint, "127.0.0.1:0", ServerCredentials.createInsecure());
  const session = connect(`http://127.0.0.1:${port}`);
  const [settings] = await once(session, "remoteSettings");
  expect(settings.maxConcurrentStreams).toBe(4);
  session.destroy();
  await closeGrpc(endpoint, 0);
});

it.each([
  { whose: "the operator's", send: KIB, largest: 8 * KIB },
  { whose: "a party's", send: 40 * KIB, largest: 40 * KIB },
])("takes no request that is larger than the largest there is, $whose", async ({ send, largest }) => {
  const endpoint = createPartyEndpoint({ join: undefined, receive: 64, send });
  const methods = { join: async () => ({}), send: async () => ({}), async *receive() {} };
  addService(endpoint, partyV1.PartyService, methods, () => {});
  const port = await listenGrpc(endpoint, "127.0.0.1:0", ServerCredentials.createInsecure());
  const client = createGrpcClient(partyV1.PartyService, {
    address: `127.0.0.1:${port}`,
    credentials: credentials.createInsecure(),
    unreachable: "AGGREGATOR_UNREACHABLE",
  });
  const call = (sizeBytes: number) =>
    client.send({ message: { case: "secagg", value: new Uint8Array(sizeBytes) } }, { timeoutMs: 10_000 });
  await call(largest - 64);
  await expect(call(largest)).rejects.toThrow("larger than max");
  client.close();
  await closeGrpc(endpoint, 0);
});
