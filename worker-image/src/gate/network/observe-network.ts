import { addGauge, type Registry } from "@tributary/kit";
import type { NetworkWatch } from "./network-watch.ts";

const values = { True: 1, False: 0, Unknown: -1 } as const;

/** Adds the series of the network to a registry; it is read when it is scraped. */
export function observeNetwork(registry: Registry, network: Pick<NetworkWatch, "enforcement">): void {
  addGauge(
    registry,
    "tributary_gate_egress_enforced",
    "1 while the cluster enforces the gate's NetworkPolicy, 0 while it does not, -1 while that is not known.",
    () => values[network.enforcement.status],
  );
}
