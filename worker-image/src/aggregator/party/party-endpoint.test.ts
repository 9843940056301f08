import { once } from "node:events";
import { connect } from "node:http2";
import { ServerCredentials } from "@grpc/grpc-js";
import { closeGrpc, listenGrpc } from "@tributary/kit";
import { expect, it } from "vitest";
import { createPartyEndpoint } from "./party-endpoint.ts";

it("takes few calls of a connection: each may hold as much of a half-sent request as a request may have", async () => {
  const endpoint = createPartyEndpoint(256 * 2 ** 10);
  const port = await listenGrpc(endpoint, "127.0.0.1:0", ServerCredentials.createInsecure());
  const session = connect(`http://127.0.0.1:${port}`);
  const [settings] = await once(session, "remoteSettings");
  expect(settings.maxConcurrentStreams).toBe(16);
  session.destroy();
  await closeGrpc(endpoint, 0);
});
