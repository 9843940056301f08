import { startTcpRelay } from "../shared/tcp-relay.ts";

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
  let accepted = 0;
  const relay = await startTcpRelay({ host: hostname, port: Number(port) }, () => void accepted++);
  const url = `https://127.0.0.1:${relay.port}`;
  const cut = () => {
    for (const socket of relay.sockets) socket.resetAndDestroy();
  };
  return {
    accepted: () => accepted,
    cut,
    redirect: (kubeconfig) => kubeconfig.replaceAll(targetUrl, url),
    close() {
      cut();
      return relay.close();
    },
  };
}
