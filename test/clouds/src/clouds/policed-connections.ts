import { runCommand, tryCommand } from "../command.ts";
import type { CloudLayout } from "./cloud.ts";
import { enterNetwork } from "./namespaces.ts";

/** Number of the netfilter queue in which new connections of pods wait for the verdict of kube-network-policies. */
export const verdictQueue = 100;

/**
 * Rules that hand every packet which belongs to no connection yet, from a pod or to one, to kube-network-policies: between pods and to
 * and from other clouds (FORWARD), and from a pod to its own node, which is also the API server and the DNS (INPUT). What the node
 * itself sends to its pods (OUTPUT) passes: probes of the kubelet are subject to no policy. Without `--queue-bypass` nothing new passes
 * while the program is down.
 */
export function verdictRules({ podCidr }: Pick<CloudLayout, "podCidr">): string[][] {
  const judge = ["-m", "conntrack", "!", "--ctstate", "ESTABLISHED,RELATED", "-j", "NFQUEUE"];
  return [
    ["INPUT", "-s", podCidr],
    ["FORWARD", "-s", podCidr],
    ["FORWARD", "-d", podCidr],
  ].map((packets) => [...packets, ...judge, "--queue-num", String(verdictQueue)]);
}

/** Adds those of `verdictRules` that a cloud's network lacks. They go with the network. */
export async function queueNewConnections(layout: CloudLayout): Promise<void> {
  const [enter = "", ...prefix] = [...enterNetwork(layout), "iptables", "-w"];
  for (const rule of verdictRules(layout)) {
    const exists = (await tryCommand(enter, [...prefix, "-C", ...rule])).exitCode === 0;
    if (!exists) await runCommand(enter, [...prefix, "-A", ...rule]);
  }
}

/** Whether a program takes packets from a cloud's queue, which kube-network-policies does once it knows pods and policies. */
export async function areConnectionsJudged(layout: CloudLayout): Promise<boolean> {
  const [enter = "", ...prefix] = enterNetwork(layout);
  return isQueueTaken(await runCommand(enter, [...prefix, "cat", "/proc/net/netfilter/nfnetlink_queue"]));
}

/** Whether the kernel's list of the queues that programs have taken, one a line, has `verdictQueue`. */
export function isQueueTaken(queues: string): boolean {
  return queues.split("\n").some((line) => line.trim().split(/\s+/)[0] === String(verdictQueue));
}
