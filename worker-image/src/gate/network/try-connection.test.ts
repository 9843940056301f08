import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Reach } from "./enforcement.ts";
import { openSilentPort, type SilentPort } from "./testing/silent-port.ts";
import { tryConnection } from "./try-connection.ts";

const never = new AbortController().signal;
let silent: SilentPort;
beforeAll(async () => {
  silent = await openSilentPort();
});
afterAll(() => silent.close());

const servers: Server[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve)))));

async function listen(): Promise<{ server: Server; target: { host: string; port: number } }> {
  const server = createServer();
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, target: { host: "127.0.0.1", port: (server.address() as AddressInfo).port } };
}

describe("tryConnection", () => {
  it("finds a port open on which somebody listens, and leaves no connection there", async () => {
    const { server, target } = await listen();
    const accepted = once(server, "connection");
    expect(await tryConnection(target, 5_000, never)).toBe(Reach.Open);
    const [socket] = await accepted;
    socket.resume();
    if (!socket.closed) await once(socket, "close");
  });

  it("finds a port refused on which nobody listens", async () => {
    const { server, target } = await listen();
    await new Promise((resolve) => server.close(resolve));
    servers.length = 0;
    expect(await tryConnection(target, 5_000, never)).toBe(Reach.Refused);
  });

  it("finds silence where packets get no answer, and waits no longer than it was told", async () => {
    const startedAt = performance.now();
    expect(await tryConnection(silent.target, 300, never)).toBe(Reach.Silent);
    expect(performance.now() - startedAt).toBeGreaterThan(250);
  });

  it("ends with its signal", async () => {
    const stop = new AbortController();
    const trying = tryConnection(silent.target, 600_000, stop.signal);
    stop.abort();
    expect(await trying).toBe(Reach.Silent);
  });
});
