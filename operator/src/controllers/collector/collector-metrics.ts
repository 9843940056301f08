import { Counter, type Registry } from "@tributary/kit";

/** Registers the collector's series and gives the function that counts one removed object. Call once per registry. */
export function registerCollectorMetrics(registry: Registry): (cluster: string, resource: string) => void {
  const collected = new Counter({
    name: "tributary_collected_objects_total",
    help: "Objects that removed jobs left in a member and that were removed.",
    labelNames: ["cluster", "kind"],
    registers: [registry],
  });
  return (cluster, kind) => collected.inc({ cluster, kind });
}
