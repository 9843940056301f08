import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { createLogger, Registry } from "@tributary/kit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Enforcement } from "./enforcement.ts";
import { NetworkWatch } from "./network-watch.ts";
import { observeNetwork } from "./observe-network.ts";
import type { Target } from "./probe-targets.ts";
import { openSilentPort, type SilentPort } from "./testing/silent-port.ts";
import { tryConnection } from "./try-connection.ts";

let permitted: Server;
let dns: Server;
beforeEach(async () => {
  permitted = await listening(0);
  dns = await listening(0);
});
afterEach(() => {
  permitted.close();
  dns.close();
});

async function listening(port: number): Promise<Server> {
  const server = createServer((socket) => socket.resume()).listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

const targetOf = (server: Server): Target => ({ host: "127.0.0.1", port: (server.address() as AddressInfo).port });
/** What a policy that is enforced makes of every connection: no answer comes. */
let blocked: Target;
let silent: SilentPort;
beforeAll(async () => {
  silent = await openSilentPort();
  blocked = silent.target;
});
afterAll(() => silent.close());

/** Watches for as many looks as there are targets, the connections real and the time between them not. */
async function watch(forbidden: readonly (Target | undefined)[], open = targetOf(permitted)) {
  const stop = new AbortController();
  const changes: Enforcement[] = [];
  const waits: number[] = [];
  const registry = new Registry();
  const place = { forbidden: forbidden[0], permitted: open };
  const clock = {
    nowMs: () => 0,
    monotonicMs: () => 0,
    sleep: async (delayMs: number) => {
      waits.push(delayMs);
      place.forbidden = forbidden[waits.length];
      if (waits.length === forbidden.length) stop.abort();
    },
  };
  const network = new NetworkWatch({
    targets: place,
    tryConnection: (target, _timeoutMs, signal) => tryConnection(target, 300, signal),
    onChange: (enforcement) => changes.push(enforcement),
    clock,
    log: createLogger("test", "silent"),
  });
  observeNetwork(registry, network);
  await network.run(stop.signal);
  const gauge = registry.getSingleMetric("tributary_gate_egress_enforced") as {
    get(): Promise<{ values: { value: number }[] }>;
  };
  return { statuses: changes.map(({ status }) => status), waits, value: (await gauge.get()).values[0]?.value };
}

describe("the watch of the network", () => {
  it("says True once three looks found the forbidden connection blocked, and looks again after ten minutes", async () => {
    expect(await watch([blocked, blocked, blocked])).toEqual({
      statuses: ["True"],
      waits: [5_000, 5_000, 600_000],
      value: 1,
    });
  });

  it("says False where the forbidden connection opens", async () => {
    const open = targetOf(dns);
    expect(await watch([open, open, open, open])).toMatchObject({ statuses: ["False"], value: 0 });
  });

  it("lets nobody be fooled by a plugin that binds a new pod late, and tells a change once", async () => {
    const open = targetOf(dns);
    expect(await watch([open, open, blocked, blocked, blocked, open, open, open, open])).toMatchObject({
      statuses: ["True", "False"],
      value: 0,
    });
  });

  it("does not know while the API server does not answer", async () => {
    const watched = watch([blocked, blocked, blocked], blocked);
    expect(await watched).toMatchObject({ statuses: ["Unknown"], value: -1 });
  });

  it("does not know where there is no DNS server to try", async () => {
    expect(await watch([undefined, undefined, undefined])).toMatchObject({ statuses: ["Unknown"], value: -1 });
  });
});
