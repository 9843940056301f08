import type { CaseResult } from "../shared/bench-line.ts";
import { type BenchCase, clientNode } from "./bench-case.ts";
import { runActor } from "./run-actor.ts";
import { seedPods } from "./seed.ts";

type Measured = Record<"tookMs" | "lagP99Ms" | "cpuSeconds" | "peakBytes" | "heldBytes" | "objects", number>;

/** Time, memory and event-loop delay of caching many pods, each run in a process of its own, interleaved with the peer's. */
export const podCache: BenchCase = async ({ startCluster, pods, runs }) => {
  const cluster = await startCluster("pods");
  await seedPods(cluster, pods);
  const measured: Record<"ours" | "peer", Measured[]> = { ours: [], peer: [] };
  for (let run = 0; run < runs; run++) {
    for (const side of ["ours", "peer"] as const) {
      const actor = runActor("./pod-cache-actor.ts", [side, cluster.kubeconfigPath, "watch"]);
      measured[side].push((await actor.told("cached")) as Measured);
    }
  }
  for (const { objects } of measured.ours)
    if (objects < pods) throw new Error(`only ${objects} of ${pods} pods were cached`);
  const all = (side: "ours" | "peer", pick: (one: Measured) => number) => measured[side].map(pick);
  const common = {
    case: `cache ${pods} pods`,
    better: "lower",
    cpuSeconds: { ours: all("ours", (one) => one.cpuSeconds), peer: all("peer", (one) => one.cpuSeconds) },
    peakBytes: {
      ours: Math.max(...all("ours", (one) => one.peakBytes)),
      peer: Math.max(...all("peer", (one) => one.peakBytes)),
    },
  } as const;
  const line = (metric: string, unit: string, pick: (one: Measured) => number, target: CaseResult["target"]) => ({
    ...common,
    metric,
    unit,
    ours: all("ours", pick),
    peer: { ...clientNode, runs: all("peer", pick) },
    target,
  });
  return [
    line("time", "ms", (one) => one.tookMs, { ratio: 1 }),
    line("memory held", "KiB a pod", (one) => one.heldBytes / 1024 / one.objects, { atMost: 8 }),
    line("peak resident memory", "MiB", (one) => one.peakBytes / 1024 / 1024, { ratio: 1.3 }),
    line("event-loop delay P99", "ms", (one) => one.lagP99Ms, { atMost: 50 }),
  ];
};
