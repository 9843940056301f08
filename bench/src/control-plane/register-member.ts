import { readFileSync } from "node:fs";
import type { ControlPlane } from "@tributary/clouds";

/** Installs the CRDs on a hub. */
export async function installCrds(hub: ControlPlane): Promise<void> {
  for (const plural of ["federatedtrainingjobs", "memberclusters", "trainingrounds"]) {
    const crd = readFileSync(new URL(`../../../crds/${plural}.yaml`, import.meta.url), "utf8");
    await hub.kubectl(["apply", "--server-side", "-f", "-"], crd);
  }
  await hub.kubectl(["wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"]);
}

/** Registers a member under its own name, its namespace for the hub's `default`. */
export async function registerMember(hub: ControlPlane, member: ControlPlane, namespace: string): Promise<void> {
  const { name } = member;
  const kubeconfig = Buffer.from(member.kubeconfig).toString("base64");
  const spec = {
    access: { kubeconfig: { secretName: name } },
    namespaces: [{ hub: "default", member: namespace }],
    gate: { caBundle: hub.authorityPem },
  };
  for (const object of [
    { apiVersion: "v1", kind: "Secret", metadata: { name, namespace: "default" }, data: { kubeconfig } },
    { apiVersion: "tributary.dev/v1alpha1", kind: "MemberCluster", metadata: { name }, spec },
  ])
    await hub.kubectl(["apply", "-f", "-"], JSON.stringify(object));
}
