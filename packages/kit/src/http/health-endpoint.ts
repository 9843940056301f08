import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { collectDefaultMetrics, Gauge, Registry } from "prom-client";

/** What a health endpoint serves. */
export interface HealthOptions {
  /** Port, 0 for any free one. */
  readonly port: number;
  /** Address to listen on; all by default. */
  readonly host?: string;
  /** Series to expose; see {@link createMetricsRegistry}. */
  readonly registry: Registry;
  /** Whether the program does its work; answers `GET /readyz`. */
  readonly isReady: () => boolean;
  /** Whether the program's loop lives; answers `GET /healthz`. Alive when left out. */
  readonly isAlive?: () => boolean;
}

/** A listening health endpoint. */
export interface HealthEndpoint {
  /** The port that is listened on. */
  readonly port: number;
  /** Stops listening and drops open connections. */
  close(): Promise<void>;
}

/** A registry with Node's own series (`process_*`, `nodejs_*`). */
export function createMetricsRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** Adds a series whose value is read when it is scraped. */
export function addGauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

/** Serves `/healthz`, `/readyz` and `/metrics` over plain HTTP; every other path answers 404. */
export async function startHealthEndpoint(options: HealthOptions): Promise<HealthEndpoint> {
  const listener = createServer((request, response) => {
    const path = (request.url ?? "/").split("?", 1)[0];
    if (path === "/metrics") {
      options.registry.metrics().then(
        (text) => response.writeHead(200, { "content-type": options.registry.contentType }).end(text),
        () => response.writeHead(500).end("metrics cannot be collected\n"),
      );
      return;
    }
    const healthy =
      path === "/healthz" ? (options.isAlive ?? alwaysTrue)() : path === "/readyz" ? options.isReady() : undefined;
    if (healthy === undefined) response.writeHead(404).end("not found\n");
    else response.writeHead(healthy ? 200 : 503).end(healthy ? "ok\n" : "not ready\n");
  });
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject);
    listener.listen(options.port, options.host, resolve);
  });
  return {
    port: (listener.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve());
        listener.closeAllConnections();
      }),
  };
}

function alwaysTrue(): boolean {
  return true;
}
