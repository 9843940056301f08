import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { expect, it } from "vitest";
import { countWire } from "./wire-counter.ts";

it("what clients and a server send is counted by direction, over connections that have ended", async () => {
  const server = createServer((socket) => {
    socket.on("data", () => socket.end(Buffer.alloc(7)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const counter = await countWire((server.address() as AddressInfo).port);
  try {
    for (const size of [3, 5]) {
      const client = connect(counter.port, "127.0.0.1").resume();
      client.write(Buffer.alloc(size));
      await once(client, "close");
    }
    expect(counter.look()).toEqual({ up: 8, down: 14 });
  } finally {
    counter.close();
    server.close();
  }
});
