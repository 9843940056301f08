import { readFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Kinds } from "@tributary/contracts";
import { createLogger } from "@tributary/kit";
import {
  connectCluster,
  type KubeObject,
  kubeconfigHubAccess,
  nameReplica,
  runForLease,
  runOperator,
} from "@tributary/operator";
import { pauseSeconds } from "./bench-case.ts";
import { operatorConfiguration } from "./operator-configuration.ts";

/** Runs an operator until a member's nodes are counted, and then for a while; tells memory and the delay of the event loop. */
const [kubeconfigPath = "", nodes = "0", seconds = "0"] = process.argv.slice(2);
const kubeconfig = readFileSync(kubeconfigPath, "utf8");

type Member = KubeObject & { readonly status?: { readonly nodes?: number } };

function tell(type: string, loop: ReturnType<typeof monitorEventLoopDelay>): void {
  const { rss } = process.memoryUsage();
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  const line = { type, rssBytes: rss, peakBytes, lagMs: loop.percentile(99) / 1e6, longestMs: loop.max / 1e6 };
  process.stdout.write(`${JSON.stringify(line)}\n`);
  loop.reset();
}

const loop = monitorEventLoopDelay({ resolution: 1 });
loop.enable();
const hub = kubeconfigHubAccess(kubeconfig);
const log = createLogger("operator", "silent");
const replica = nameReplica(undefined);
const election = runForLease(hub, operatorConfiguration.operatorNamespace, replica, log);
void runOperator(
  { hub, configuration: operatorConfiguration, election, instance: replica.identity, log },
  new AbortController().signal,
);
const { client } = connectCluster(kubeconfig, { cluster: "hub" });
while ((await client.get<Member>(Kinds.MemberCluster, { name: "large" }))?.status?.nodes !== Number(nodes))
  await pauseSeconds(0.2);
tell("counted", loop);
await pauseSeconds(Number(seconds));
tell("steady", loop);
