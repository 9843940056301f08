import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand, tryCommand } from "../command.ts";
import { cloudsDirectory } from "../paths.ts";
import type { CloudLayout } from "./cloud.ts";
import { enterNetwork, setInNetwork } from "./namespaces.ts";

const forwardPath = "/proc/sys/net/ipv4/ip_forward";
const cloudInterface = "eth0";
const forwardRule = ["FORWARD", "-i", "tributary+", "-o", "tributary+", "-j", "ACCEPT"];

/** Joins a cloud's network to the machine by a virtual cable and routes between it and the other clouds. Changes nothing that is right. */
export async function createNetwork(layout: CloudLayout): Promise<void> {
  if (!(await hasLink(layout))) {
    // The far end is made inside the namespace, so that no half of a cable is left when this program is killed between two steps.
    const peer = ["peer", "name", cloudInterface, "netns", layout.networkNamespacePath];
    await runCommand("ip", ["link", "add", layout.hostLink, "type", "veth", ...peer]);
  }
  await runCommand("ip", ["address", "replace", `${layout.hostAddress}/24`, "dev", layout.hostLink]);
  await runCommand("ip", ["link", "set", layout.hostLink, "up"]);
  const inside = async (...args: string[]) => {
    const [command = "", ...prefix] = enterNetwork(layout);
    await runCommand(command, [...prefix, "ip", ...args]);
  };
  await inside("link", "set", "lo", "up");
  await inside("address", "replace", `${layout.nodeAddress}/24`, "dev", cloudInterface);
  await inside("link", "set", cloudInterface, "up");
  await inside("route", "replace", "default", "via", layout.hostAddress);
  await setInNetwork(layout, "net.ipv4.ip_forward", "1");
  await runCommand("ip", ["route", "replace", layout.podCidr, "via", layout.nodeAddress, "dev", layout.hostLink]);
}

/** Removes a cloud's cable, and with it its addresses and routes. */
export async function removeNetwork(layout: CloudLayout): Promise<void> {
  if (await hasLink(layout)) await runCommand("ip", ["link", "delete", layout.hostLink]);
}

async function hasLink(layout: CloudLayout): Promise<boolean> {
  return (await tryCommand("ip", ["link", "show", layout.hostLink])).exitCode === 0;
}

/** Lets this machine route between the clouds; writes down what it changed before it changes it, for `restoreForwarding`. */
export async function allowForwarding(): Promise<void> {
  const before = (await readFile(forwardPath, "utf8")).trim();
  const notePath = join(cloudsDirectory(), "ip-forward-before");
  await writeFile(notePath, before, { flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  if (before !== "1") await writeFile(forwardPath, "1");
  if (await dropsForwardedPackets()) {
    const exists = (await tryCommand("iptables", ["-w", "-C", ...forwardRule])).exitCode === 0;
    if (!exists) await runCommand("iptables", ["-w", "-I", ...forwardRule]);
  }
}

/** Undoes `allowForwarding`. */
export async function restoreForwarding(): Promise<void> {
  const before = await readFile(join(cloudsDirectory(), "ip-forward-before"), "utf8").catch(() => undefined);
  if (before !== undefined) await writeFile(forwardPath, before);
  if (await dropsForwardedPackets()) await tryCommand("iptables", ["-w", "-D", ...forwardRule]);
}

/** Whether another program (a container engine, a firewall) drops forwarded packets by default. Asking must not load any rule. */
async function dropsForwardedPackets(): Promise<boolean> {
  const rules = await tryCommand("nft", ["list", "chains", "ip"]);
  return rules.exitCode === 0 && forwardPolicyIsDrop(rules.stdout);
}

/** Whether the output of `nft list chains ip` has a chain at the forward hook whose policy is drop. */
export function forwardPolicyIsDrop(chains: string): boolean {
  return /hook forward [^\n]*policy drop/.test(chains);
}
