import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { certificatesOf, writeCredentials, writeKubeconfig } from "../control-plane/credentials.ts";
import { currentBootId } from "../processes/process-identity.ts";
import { replaceFile } from "../replace-file.ts";
import { createCgroup } from "./cgroups.ts";
import type { CloudLayout } from "./cloud.ts";
import { networkPolicyUser } from "./cluster-objects.ts";
import { createNamespaces } from "./namespaces.ts";
import { createNetwork } from "./network.ts";
import { renderCniConfig } from "./node-config.ts";
import { queueNewConnections } from "./policed-connections.ts";

/**
 * Makes whatever is missing of a cloud before its programs can run: folders, certificates, configuration, namespaces, network, cgroup.
 * Returns the file by which a program enters the cgroup.
 */
export async function prepareCloud(layout: CloudLayout): Promise<string> {
  await forgetFormerBoot(layout);
  for (const folder of ["run", "logs", "volumes"]) await mkdir(join(layout.directory, folder), { recursive: true });
  await writeClusterCredentials(layout);
  await replaceFile(join(layout.directory, "config", "cni", "10-pods.conflist"), renderCniConfig(layout));
  await replaceFile(join(layout.directory, "config", "resolv.conf"), `nameserver ${layout.nodeAddress}\n`);
  await createNamespaces(layout);
  await createNetwork(layout);
  await queueNewConnections(layout);
  return createCgroup(layout.cgroup);
}

/** After a reboot everything under `run` describes processes and sandboxes that are gone. */
async function forgetFormerBoot(layout: CloudLayout): Promise<void> {
  const notePath = join(layout.directory, "run", "boot-id");
  const bootId = currentBootId();
  if ((await readFile(notePath, "utf8").catch(() => undefined)) === bootId) return;
  await rm(join(layout.directory, "run"), { recursive: true, force: true });
  await mkdir(dirname(notePath), { recursive: true });
  await writeFile(notePath, bootId);
}

async function writeClusterCredentials(layout: CloudLayout): Promise<void> {
  const { cloud, controlPlane } = layout;
  await writeCredentials(cloud.name, controlPlane, layout.apiServiceAddress);
  await writeKubeconfig(cloud.name, controlPlane, "kubelet", {
    user: `system:node:${cloud.name}`,
    groups: ["system:nodes"],
  });
  await writeKubeconfig(cloud.name, controlPlane, "kube-network-policies", { user: networkPolicyUser });
  await certificatesOf(controlPlane).issue("kubelet-serving", {
    commonName: `system:node:${cloud.name}`,
    dnsNames: [cloud.name],
    ipAddresses: [layout.nodeAddress],
  });
}
