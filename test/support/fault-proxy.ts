import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** What a proxy does with bytes. */
export type ProxyMode =
  /** Forwards both directions. */
  | "forward"
  /** Keeps every connection open and drops what arrives, without reset: a cut cable. */
  | "blackHole"
  /** Forwards requests and drops answers: a half-open connection. */
  | "halfOpen"
  /** Resets new connections at once. */
  | "refuse";

/** A TCP proxy in front of one API server, through which a test breaks the network. TLS passes through it untouched. */
export interface FaultProxy {
  readonly port: number;
  /** `https://127.0.0.1:port`. */
  readonly url: string;
  setMode(mode: ProxyMode): void;
  /** Resets (RST) every open connection. */
  reset(): void;
  /** Ends (FIN) every open connection. */
  end(): void;
  /** Holds answers back so that they pass at about this rate; undefined ends that. */
  limitBytesPerSecond(rate: number | undefined): void;
  /** Open connections now. */
  open(): number;
  /** Connections since the start. */
  accepted(): number;
  /** The kubeconfig with its address replaced by the proxy's. */
  redirect(kubeconfig: string): string;
  close(): Promise<void>;
}

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

/** Starts a proxy to `targetUrl` on a free loopback port. */
export async function startFaultProxy(targetUrl: string): Promise<FaultProxy> {
  const target = new URL(targetUrl);
  const pairs = new Set<Pair>();
  let mode: ProxyMode = "forward";
  let rate: number | undefined;
  let accepted = 0;

  /** Passes an answer on in slices, reading no more from the API server meanwhile. */
  function passSlowly(from: Socket, to: Socket, bytes: Buffer, bytesPerSecond: number): void {
    const slice = bytes.subarray(0, Math.max(1, Math.floor(bytesPerSecond / 20)));
    const rest = bytes.subarray(slice.length);
    from.pause();
    to.write(slice);
    setTimeout(() => {
      if (rest.length > 0) passSlowly(from, to, rest, bytesPerSecond);
      else from.resume();
    }, 50);
  }

  function forward(from: Socket, to: Socket, isAnswer: boolean): void {
    from.on("data", (bytes) => {
      if (mode === "blackHole" || (mode === "halfOpen" && isAnswer)) return;
      if (isAnswer && rate !== undefined) passSlowly(from, to, bytes, rate);
      else if (!to.write(bytes)) {
        from.pause();
        to.once("drain", () => from.resume());
      }
    });
  }

  const proxy = createServer((near) => {
    accepted++;
    if (mode === "refuse") {
      near.resetAndDestroy();
      return;
    }
    const far = connect(Number(target.port), target.hostname);
    const pair = { near, far };
    pairs.add(pair);
    forward(near, far, false);
    forward(far, near, true);
    for (const socket of [near, far]) {
      socket.on("error", () => {});
      socket.on("close", () => {
        pairs.delete(pair);
        near.destroy();
        far.destroy();
      });
    }
    near.on("end", () => far.end());
    far.on("end", () => mode === "forward" && near.end());
  });
  const port = await listen(proxy);
  const url = `https://127.0.0.1:${port}`;
  return {
    port,
    url,
    setMode(next) {
      mode = next;
    },
    reset() {
      for (const { near, far } of pairs) {
        near.resetAndDestroy();
        far.resetAndDestroy();
      }
    },
    end() {
      for (const { near, far } of pairs) {
        near.end();
        far.end();
      }
    },
    limitBytesPerSecond(next) {
      rate = next;
    },
    open: () => pairs.size,
    accepted: () => accepted,
    redirect: (kubeconfig) => kubeconfig.replaceAll(targetUrl, url),
    async close() {
      const closed = new Promise((resolve) => proxy.close(resolve));
      for (const { near, far } of pairs) {
        near.destroy();
        far.destroy();
      }
      await closed;
    },
  };
}
