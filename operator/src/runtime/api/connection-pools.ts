import { buildConnector, type Dispatcher, Pool, ProxyAgent } from "undici";
import type { Credential } from "./credential.ts";
import type { ApiEndpoint } from "./kubeconfig.ts";

/** Sizes and times of the TCP connections to one API server. */
export interface PoolLimits {
  /** Connections for calls; more calls than this wait for one. */
  readonly callConnections: number;
  /** Connections for watches, one each. */
  readonly watchConnections: number;
  /** Time to establish TCP and TLS, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** Largest body of one answer, in bytes. */
  readonly maxAnswerBytes: number;
}

/** Enough for one operator; the API server's own priority and fairness does the rest. */
export const defaultPoolLimits: PoolLimits = {
  callConnections: 16,
  watchConnections: 128,
  connectTimeoutMs: 10_000,
  maxAnswerBytes: 128 * 1024 * 1024,
};

/** The connections of one cluster for one TLS identity. */
export interface PoolPair {
  readonly calls: Dispatcher;
  readonly watches: Dispatcher;
}

/** Keeps the connections to one API server and counts the TLS handshakes. */
export interface ConnectionPools {
  /** Pools for this credential; a new client certificate gets new connections and the old ones drain. */
  for(credential: Credential): PoolPair;
  /** Replaces the pool for calls: a call got no answer, so its idle neighbours may be dead as well. */
  replaceCalls(): void;
  handshakes(): number;
  /** Aborts what is running and closes every socket. */
  close(): Promise<void>;
}

/** Opens no connection by itself: the first request does. HTTP/1.1 only, so one stuck watch stops nothing else. */
export function createConnectionPools(endpoint: ApiEndpoint, limits: PoolLimits): ConnectionPools {
  const origin = new URL(endpoint.url).origin;
  let handshakes = 0;
  let certificate: Credential["certificate"];
  let pair: { calls: Dispatcher; watches: Dispatcher } | undefined;
  const draining = new Set<Dispatcher>();

  function open(connections: number): Dispatcher {
    const tls = {
      ...(endpoint.ca === undefined ? {} : { ca: endpoint.ca }),
      ...(endpoint.serverName === undefined ? {} : { servername: endpoint.serverName }),
      ...(certificate ?? {}),
      allowH2: false,
      timeout: limits.connectTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
    };
    const pool = {
      connections,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: 60_000,
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: connections === limits.callConnections ? limits.maxAnswerBytes : -1,
    };
    // Through a tunnel: TLS is end to end, the proxy sees the API server's address alone.
    if (endpoint.proxyUrl !== undefined) {
      const proxyTls = { timeout: limits.connectTimeoutMs };
      return new ProxyAgent({ ...pool, uri: endpoint.proxyUrl, requestTls: tls, proxyTls, proxyTunnel: true });
    }
    const connect = buildConnector(tls);
    return new Pool(origin, {
      ...pool,
      connect: (options, callback) => {
        handshakes++;
        connect(options, callback);
      },
    });
  }

  function drain(pool: Dispatcher): void {
    draining.add(pool);
    void pool.close().finally(() => draining.delete(pool));
  }

  return {
    for(credential) {
      const same =
        credential.certificate?.cert === certificate?.cert && credential.certificate?.key === certificate?.key;
      if (pair && same) return pair;
      certificate = credential.certificate;
      if (pair) for (const pool of [pair.calls, pair.watches]) drain(pool);
      pair = { calls: open(limits.callConnections), watches: open(limits.watchConnections) };
      return pair;
    },
    replaceCalls() {
      if (!pair) return;
      drain(pair.calls);
      pair = { ...pair, calls: open(limits.callConnections) };
    },
    handshakes: () => handshakes,
    async close() {
      const open = pair ? [pair.calls, pair.watches] : [];
      pair = undefined;
      await Promise.all([...open, ...draining].map((pool) => pool.destroy()));
    },
  };
}
