import type { CaseResult } from "../shared/bench-line.ts";
import { type BenchCase, clientNode } from "./bench-case.ts";
import { runActor } from "./run-actor.ts";
import { seedPods } from "./seed.ts";

type Measured = Record<
  "tookMs" | "lagP99Ms" | "lagMaxMs" | "cpuSeconds" | "peakBytes" | "heldBytes" | "objects",
  number
>;
type Side = "watch" | "pages" | "peer";

/** Arguments of the actor for each side: ours by a watch-list, ours by pages, the peer. */
const sides: Readonly<Record<Side, readonly [string, string]>> = {
  watch: ["ours", "watch"],
  pages: ["ours", "pages"],
  peer: ["peer", ""],
};

/** Time, memory and event-loop delay of caching many pods, each run in a process of its own, interleaved with the peer's. */
export const podCache: BenchCase = async ({ startCluster, pods, runs }) => {
  const cluster = await startCluster("pods");
  await seedPods(cluster, pods);
  const measured: Record<Side, Measured[]> = { watch: [], pages: [], peer: [] };
  for (let run = 0; run < runs; run++) {
    for (const side of ["watch", "pages", "peer"] as const) {
      const [whose, initialList] = sides[side];
      const actor = runActor("./pod-cache-actor.ts", [whose, cluster.kubeconfigPath, initialList]);
      measured[side].push((await actor.told("cached")) as Measured);
    }
  }
  for (const { objects } of [...measured.watch, ...measured.pages])
    if (objects < pods) throw new Error(`only ${objects} of ${pods} pods were cached`);
  return [
    ...linesOf(`cache ${pods} pods by a watch-list`, measured.watch, measured.peer),
    ...linesOf(`cache ${pods} pods by pages`, measured.pages, measured.peer),
  ];
};

function linesOf(name: string, ours: readonly Measured[], peer: readonly Measured[]): CaseResult[] {
  const both = (pick: (one: Measured) => number) => ({ ours: ours.map(pick), peer: peer.map(pick) });
  const line = (
    metric: string,
    unit: string,
    pick: (one: Measured) => number,
    target: CaseResult["target"],
  ): CaseResult => ({
    case: name,
    metric,
    unit,
    better: "lower",
    ours: both(pick).ours,
    peer: { ...clientNode, runs: both(pick).peer },
    target,
    cpuSeconds: both((one) => one.cpuSeconds),
    peakBytes: {
      ours: Math.max(...both((one) => one.peakBytes).ours),
      peer: Math.max(...both((one) => one.peakBytes).peer),
    },
  });
  return [
    line("time", "ms", (one) => one.tookMs, { ratio: 1 }),
    line("memory held", "KiB a pod", (one) => one.heldBytes / 1024 / one.objects, { atMost: 8 }),
    line("peak resident memory", "MiB", (one) => one.peakBytes / 1024 / 1024, { ratio: 1.3 }),
    line("event-loop delay P99", "ms", (one) => one.lagP99Ms, { atMost: 50 }),
    // One parse of everything is one long delay among thousands of short ones: a percentile of delays does not show it.
    line("longest event-loop delay", "ms", (one) => one.lagMaxMs, { ratio: 1.3 }),
  ];
}
