import { startTcpRelay } from "../shared/tcp-relay.ts";

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
  const relay = await startTcpRelay({ host: "127.0.0.1", port: serverPort }, (client, upstream) => {
    client.on("data", ({ length }) => {
      counted.up += length;
    });
    upstream.on("data", ({ length }) => {
      counted.down += length;
    });
  });
  return {
    port: relay.port,
    look: () => ({ ...counted }),
    close() {
      void relay.close();
      for (const socket of relay.sockets) socket.destroy();
    },
  };
}
