import { readFile } from "node:fs/promises";
import { type Closers, type Environment, type Logger, type Registry, systemClock } from "@tributary/kit";
import type { GateConfig } from "../config/gate-config.ts";
import type { ApiServer } from "../kubernetes/api-server.ts";
import { EnforcementReason, enforcementFor } from "./enforcement.ts";
import { NetworkPublisher } from "./network-publisher.ts";
import { NetworkWatch } from "./network-watch.ts";
import { observeNetwork } from "./observe-network.ts";
import { apiServerTarget, probeTargets } from "./probe-targets.ts";
import { tryConnection } from "./try-connection.ts";

/** What watching the network needs. */
export interface NetworkPlace {
  readonly env: Environment;
  readonly api: ApiServer;
  readonly registry: Registry;
  readonly closers: Closers;
  readonly log: Logger;
}

/**
 * Watches whether the cluster enforces the gate's NetworkPolicy, where the chart made one, until the closers close. It is told in the
 * log, as a series, in the gate's ConfigMap and, for the hub, in those of job namespaces; nothing waits for it, and it keeps nothing from running.
 */
export async function startNetworkWatch(
  config: Pick<GateConfig, "hasNetworkPolicy" | "publication" | "namespaces" | "networkConfigMap">,
  { env, api, registry, closers, log }: NetworkPlace,
): Promise<void> {
  const stop = new AbortController();
  let watching: Promise<void> | undefined;
  const publisher = new NetworkPublisher(placesOf(config), { api, log, clock: systemClock }, stop.signal);
  closers.add("watch of the network", async () => {
    stop.abort();
    await Promise.all([watching, publisher.ended]);
  });
  // What a gate that had a policy wrote would otherwise stay.
  if (!config.hasNetworkPolicy) return publisher.publish(enforcementFor(EnforcementReason.NoPolicy));
  const resolvConf = await readFile("/etc/resolv.conf", "utf8").catch(() => "");
  const network = new NetworkWatch({
    targets: probeTargets(resolvConf, apiServerTarget(env)),
    tryConnection,
    onChange: (enforcement) => publisher.publish(enforcement),
    clock: systemClock,
    log,
  });
  observeNetwork(registry, network);
  publisher.publish(network.enforcement);
  watching = network.run(stop.signal);
}

/** Where it is published: each place by itself, so that a namespace that is gone keeps nothing from the others. */
function placesOf({
  publication,
  namespaces,
  networkConfigMap,
}: Pick<GateConfig, "publication" | "namespaces" | "networkConfigMap">) {
  const forHub =
    networkConfigMap === undefined ? [] : namespaces.map((namespace) => ({ namespace, configMap: networkConfigMap }));
  return [...(publication === undefined ? [] : [publication]), ...forHub];
}
