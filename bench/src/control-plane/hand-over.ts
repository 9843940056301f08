import { type BenchCase, pauseSeconds, unmeasured } from "./bench-case.ts";
import { runActor } from "./run-actor.ts";

/** Time without a leader after the leader ended well, and after it was killed, with the default times of the lease. */
export const handOver: BenchCase = async ({ startCluster, runs }) => {
  const cluster = await startCluster("lease");
  const times: Record<"SIGTERM" | "SIGKILL", number[]> = { SIGTERM: [], SIGKILL: [] };
  let index = 0;
  const start = () => runActor("./lease-actor.ts", [cluster.kubeconfigPath, `candidate-${index++}`]);
  let leader = start();
  await leader.told("leading");
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    for (let run = 0; run < runs; run++) {
      const next = start();
      await next.told("started");
      await pauseSeconds(2);
      const endedMs = performance.timeOrigin + performance.now();
      leader.child.kill(signal);
      times[signal].push(((await next.told("leading")).atMs as number) - endedMs);
      leader = next;
    }
  }
  leader.child.kill("SIGKILL");
  const common = { metric: "time without a leader", unit: "ms", better: "lower", peer: null, ...unmeasured() } as const;
  return [
    { ...common, case: "leader ends well", ours: times.SIGTERM, target: { atMost: 1_000 } },
    { ...common, case: "leader is killed", ours: times.SIGKILL, target: { atMost: 17_000 } },
  ];
};
