import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP proxy in front of an API server that counts connections and can cut them; TLS passes through it. */
export interface CountingProxy {
  /** Connections accepted so far: each is one TLS handshake. */
  accepted(): number;
  /** Resets every open connection. */
  cut(): void;
  /** The kubeconfig with its address replaced by the proxy's. */
  redirect(kubeconfig: string): string;
  close(): Promise<void>;
}

/** Starts a proxy to `targetUrl` on a free loopback port. */
export async function startCountingProxy(targetUrl: string): Promise<CountingProxy> {
  const { hostname, port } = new URL(targetUrl);
  const sockets = new Set<Socket>();
  let accepted = 0;
  const proxy = createServer((near) => {
    accepted++;
    const far = connect(Number(port), hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
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
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const url = `https://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    accepted: () => accepted,
    cut,
    redirect: (kubeconfig) => kubeconfig.replaceAll(targetUrl, url),
    close() {
      cut();
      return new Promise((resolve) => proxy.close(() => resolve()));
    },
  };
}
