import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A loopback port in front of a server. */
export interface TcpRelay {
  readonly port: number;
  /** Sockets of both sides that are open. */
  readonly sockets: ReadonlySet<Socket>;
  /** Takes no more connections; resolves once those that are open have ended. */
  close(): Promise<void>;
}

/** Relays every connection to a server as it is; told of the two sockets of each before anything goes through them. */
export async function startTcpRelay(
  to: { readonly host: string; readonly port: number },
  onConnection: (client: Socket, upstream: Socket) => void,
): Promise<TcpRelay> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(to.port, to.host);
    onConnection(client, upstream);
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
    sockets,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
