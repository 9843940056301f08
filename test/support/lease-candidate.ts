import { readFileSync } from "node:fs";
import { Kinds } from "@tributary/contracts";
import { admitWhileLeading, connectCluster, parseKubeconfig, startLeaderElection } from "@tributary/operator";

/**
 * A program for tests: `lease-candidate.ts KUBECONFIG IDENTITY LEASE_MS [BUSY_MS [STOPS]]`. Runs for leadership and, while it
 * leads, creates ConfigMaps one after the other as fast as it may. Tells what happens as JSON lines. SIGTERM makes it
 * release the lease. With BUSY_MS its main thread blocks for that long once, right after it began to lead. With STOPS it stops
 * itself (SIGSTOP) once, after its first write and before it begins the next.
 */
const [kubeconfigPath = "", identity = "", leaseMs = "15000", busyMs = "0", stops = ""] = process.argv.slice(2);
const kubeconfig = readFileSync(kubeconfigPath, "utf8");
const access = parseKubeconfig(kubeconfig);
const tell = (type: string, more: object = {}) => process.stdout.write(`${JSON.stringify({ type, ...more })}\n`);

const election = startLeaderElection({
  cluster: "hub",
  endpoint: access.endpoint,
  identityProof: { credential: access.credential ?? {} },
  lease: { namespace: "default", name: "test-leader" },
  identity,
  times: {
    leaseMs: Number(leaseMs),
    renewDeadlineMs: (Number(leaseMs) * 2) / 3,
    retryMs: Number(leaseMs) / 7.5,
  },
  onError: (message) => tell("error", { message }),
});
const hub = connectCluster(kubeconfig, { cluster: "hub", admit: admitWhileLeading(election.fence), maxRetries: 0 });
const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
election.lost.addEventListener("abort", () => tell("lost"));

/** Returns once this process was stopped and continued: the signal may reach it a moment after it was sent. */
function stopItself(): void {
  tell("stopping");
  let lookedAtMs = performance.now();
  process.kill(process.pid, "SIGSTOP");
  for (;;) {
    const nowMs = performance.now();
    if (nowMs - lookedAtMs > Number(leaseMs)) return;
    lookedAtMs = nowMs;
  }
}

tell("started");
if (await election.whenLeading(stop.signal)) {
  tell("leading", { token: election.fence.token() });
  const busyUntilMs = performance.now() + Number(busyMs);
  while (performance.now() < busyUntilMs);
  for (let count = 0; !stop.signal.aborted && !election.lost.aborted; count++) {
    if (stops !== "" && count === 1) stopItself();
    try {
      const name = `${identity}-${String(count).padStart(6, "0")}`;
      await hub.client.create(Kinds.ConfigMap, {
        metadata: { name, namespace: "default", labels: { writer: identity } },
      });
      if (count === 0) tell("wrote");
    } catch (error) {
      tell("refused", { code: (error as { code?: string }).code });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
await election.release();
await hub.close();
tell("ended");
