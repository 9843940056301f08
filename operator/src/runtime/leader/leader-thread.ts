import { parentPort, workerData } from "node:worker_threads";
import { Kinds } from "@tributary/contracts";
import { createApiClient } from "../api/api-client.ts";
import { createConnection } from "../api/connection.ts";
import { fixedCredential } from "../api/credential.ts";
import { tokenFileCredential } from "../api/in-cluster.ts";
import { createInformer } from "../cache/informer.ts";
import { systemClock } from "../clock.ts";
import type { FromThread, ThreadInput, ToThread } from "./leader-election.ts";
import { disprove, prove } from "./leadership-fence.ts";
import { runLeaseElection } from "./lease-election.ts";

/**
 * The thread that holds the lease: its own connection and its own event loop, so that neither a busy reconciler nor a
 * storm of calls can keep a renewal waiting.
 */
async function main(): Promise<void> {
  const input = workerData as ThreadInput;
  const port = parentPort;
  if (!port) throw new Error("leader-thread runs as a worker thread");
  const tell = (message: FromThread) => port.postMessage(message);
  const connection = createConnection({
    cluster: input.cluster,
    endpoint: input.endpoint,
    credentials:
      "tokenPath" in input.identityProof
        ? tokenFileCredential(input.identityProof.tokenPath)
        : fixedCredential(input.identityProof.credential),
    limits: { callConnections: 2, watchConnections: 1, connectTimeoutMs: input.times.retryMs },
    maxRetries: 0,
  });
  const client = createApiClient(connection);
  const stop = new AbortController();
  port.on("message", (message: ToThread) => {
    if (message.type !== "release") return;
    // Before the lease is given back: nothing may be written while another replica can already lead.
    disprove(input.proof);
    stop.abort(new Error("the lease is released"));
  });

  const lease = createInformer({
    client,
    resource: Kinds.Lease,
    selection: { namespace: input.lease.namespace, fieldSelector: `metadata.name=${input.lease.name}` },
    onError: (error) => tell({ type: "error", message: String(error) }),
    // Without the right to watch the candidate still polls; it only takes a released lease later.
    tuning: { backoff: { initialMs: 1_000, maxMs: 30_000, factor: 2 } },
  });
  const watching = lease.run(stop.signal);

  const outcome = await runLeaseElection(
    {
      client,
      lease: input.lease,
      candidate: { identity: input.identity, predecessors: input.predecessors },
      clock: systemClock,
      times: input.times,
      onProved(token, untilMs) {
        if (stop.signal.aborted) return;
        prove(input.proof, token, untilMs - systemClock.monotonicMs(), process.hrtime.bigint());
        tell({ type: "leading", token });
      },
      onHeld: (holder) => tell({ type: "held", holder }),
      onLost: () => disprove(input.proof),
      onError: (error) => tell({ type: "error", message: error.message }),
      whenChanged: (signal) =>
        new Promise((resolve) => {
          let isFirst = lease.objects.size > 0;
          const stopListening = lease.listen(() => {
            // The present state is told first; only what comes after it is a change.
            if (!isFirst) resolve();
            isFirst = false;
          });
          const onAbort = () => {
            stopListening();
            resolve();
          };
          signal.addEventListener("abort", onAbort, { once: true });
        }),
    },
    stop.signal,
  );
  disprove(input.proof);
  stop.abort();
  await watching;
  await connection.close();
  tell({ type: "ended", outcome });
  port.close();
}

await main();
