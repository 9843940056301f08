import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Bytes between clients and a server. */
export interface WireBytes {
  /** What clients sent. */
  readonly up: number;
  /** What the server sent. */
  readonly down: number;
}

/** A port in front of a server's that counts what goes through it. */
export interface WireCounter {
  /** Where clients connect to. */
  readonly port: number;
  /** Bytes of all connections so far, also of those that are over. */
  look(): WireBytes;
  close(): void;
}

/** Starts counting in front of a port of loopback. The kernel's own counters do not do: a connection that was short takes them with it. */
export async function countWire(serverPort: number): Promise<WireCounter> {
  const counted = { up: 0, down: 0 };
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(serverPort, "127.0.0.1");
    client.on("data", ({ length }) => {
      counted.up += length;
    });
    upstream.on("data", ({ length }) => {
      counted.down += length;
    });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.pipe(other);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    look: () => ({ ...counted }),
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
