import { type BenchCase, unmeasured } from "./bench-case.ts";
import { runActor } from "./run-actor.ts";
import { seedConfigMaps } from "./seed.ts";

/** Reconciles a second that change nothing, and the time from `kill -9` to the first useful reconcile. */
export const reconciles: BenchCase = async ({ startCluster, objects, runs }) => {
  const cluster = await startCluster("reconciles");
  await seedConfigMaps(cluster, objects);
  const rating = runActor("./reconcile-actor.ts", [cluster.kubeconfigPath, String(runs)]);
  const rates: number[] = [];
  const cpu: number[] = [];
  for (let run = 0; run < runs; run++) {
    const { perSecond, cpuSeconds } = await rating.told(`rate-${run}`);
    rates.push(perSecond as number);
    cpu.push(cpuSeconds as number);
  }
  const restarts: number[] = [];
  let actor = runActor("./reconcile-actor.ts", [cluster.kubeconfigPath]);
  for (let run = 0; run < runs; run++) {
    await actor.told("useful");
    const killedMs = performance.timeOrigin + performance.now();
    actor.child.kill("SIGKILL");
    actor = runActor("./reconcile-actor.ts", [cluster.kubeconfigPath]);
    restarts.push(((await actor.told("useful")).atMs as number) - killedMs);
  }
  actor.child.kill("SIGKILL");
  return [
    {
      case: `${objects} objects, nothing to do`,
      metric: "reconciles",
      unit: "1/s",
      better: "higher",
      ours: rates,
      peer: null,
      target: { atLeast: 1_000 },
      ...unmeasured(),
      cpuSeconds: { ours: cpu, peer: null },
    },
    {
      case: `kill -9 with ${objects} objects`,
      metric: "time to the first useful reconcile",
      unit: "ms",
      better: "lower",
      ours: restarts,
      peer: null,
      target: { atMost: 5_000 },
      ...unmeasured(),
    },
  ];
};
