import { kubectl } from "@tributary/clouds";
import { eventually } from "../eventually.ts";
import { stackNames } from "../stack/install-stack.ts";
import { findContainerProcesses, processesOf } from "../stack/kill-process.ts";
import { killApiServer } from "../stack/member-faults.ts";
import type { PlannedKill } from "./plan-kills.ts";

const partOf = {
  operator: "operator",
  aggregator: "aggregator",
  "a sidecar": "sidecar",
  "every sidecar": "sidecar",
  "a trainer": "trainer",
  "every trainer": "trainer",
  "a gate": "gate",
  "every gate": "gate",
} as const;

const apiServer = "API server of ";

/** Kills with SIGKILL what a planned kill names, once there is something to kill; gives how many processes ended by it. */
export async function killTarget({ target, choice }: PlannedKill): Promise<number> {
  if (target.startsWith(apiServer)) {
    await killApiServer(target.slice(apiServer.length));
    return 1;
  }
  const parts = processesOf[partOf[target as keyof typeof partOf]];
  // What another kill ended is started again by the kubelet.
  const found = await eventually(
    `a process of ${target}`,
    async () => {
      const processes = findContainerProcesses(parts);
      return processes.length > 0 ? processes : undefined;
    },
    360_000,
  );
  const chosen = target.startsWith("a ") ? found.slice(Math.floor(choice * found.length)).slice(0, 1) : found;
  for (const { pid } of chosen) process.kill(pid, "SIGKILL");
  return chosen.length;
}

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly status: Readonly<Record<string, unknown>>;
  }[];
}

/**
 * Deletes pods whose container the kubelet holds back after many ends, as an impatient administrator does: the kubelet waits up to five
 * minutes before it starts such a container again. Gives their names.
 */
export async function replaceHeldBackPods(hub: string, members: readonly string[]): Promise<string[]> {
  const { hubNamespace, operatorNamespace, jobNamespace, gateNamespace } = stackNames;
  const places = [
    [hub, hubNamespace],
    [hub, operatorNamespace],
    ...members.flatMap((member) => [[member, jobNamespace] as const, [member, gateNamespace] as const]),
  ] as const;
  const replaced: string[] = [];
  for (const [cluster, namespace] of places) {
    const pods = JSON.parse(await kubectl(cluster, ["get", "pods", "-n", namespace, "-o", "json"])) as PodList;
    for (const { metadata, status } of pods.items) {
      if (!JSON.stringify(status).includes('"CrashLoopBackOff"')) continue;
      await kubectl(cluster, ["delete", "pod", metadata.name, "-n", namespace, "--wait=false", "--ignore-not-found"]);
      replaced.push(metadata.name);
    }
  }
  return replaced;
}
