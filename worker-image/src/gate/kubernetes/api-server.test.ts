import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ApiServer, connectApiServer } from "./api-server.ts";

let folder: string;
let server: Server;
let answer: RequestListener;
let api: ApiServer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gate-api-"));
  const [tokenPath, caPath] = [join(folder, "token"), join(folder, "ca.crt")];
  await writeFile(tokenPath, "token\n");
  await writeFile(caPath, "");
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  api = await connectApiServer({
    TRIBUTARY_API_SERVER: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    TRIBUTARY_API_TOKEN_PATH: tokenPath,
    TRIBUTARY_API_CA_PATH: caPath,
  });
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await api.close();
  await rm(folder, { recursive: true, force: true });
});

const signal = () => AbortSignal.timeout(5_000);
const call = () => api.listPods("jobs", { a: "b" }, signal());

describe("the member's API server, as the gate sees it", () => {
  it.each<[string, RequestListener]>([
    [
      "ends in the middle of its answer",
      (_, response) => {
        response.writeHead(200, { "content-length": 1000 });
        response.write('{"items": [', () => response.destroy());
      },
    ],
    ["is answered for by a proxy's page", (_, response) => void response.writeHead(200).end("<html>busy</html>")],
    ["has too many calls", (_, response) => void response.writeHead(429, { "retry-after": "1" }).end("{}")],
    ["starts", (_, response) => void response.writeHead(500).end("etcdserver: no leader")],
    ["hangs up", (request) => void request.socket.destroy()],
  ])("is away for a while when it %s", async (_, listener) => {
    answer = listener;
    await expect(call()).rejects.toMatchObject({ code: "API_UNAVAILABLE" });
    answer = (_request, response) => void response.writeHead(200).end('{"items": [], "metadata": {}}');
    expect(await call()).toEqual([]);
  });
});
