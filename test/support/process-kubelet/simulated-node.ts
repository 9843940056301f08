import { Kinds } from "@tributary/contracts";
import type { ApiClient, Unstructured } from "@tributary/operator";

/** Name of the one node of a cluster with a simulated kubelet. */
export const simulatedNodeName = "simulated";

const kubeletManager = { fieldManager: "simulated-kubelet", force: true };
const renewEveryMs = 5_000;

/** Registers the node and keeps its lease alive until the signal aborts, as a kubelet does. */
export async function keepSimulatedNode(client: ApiClient, signal: AbortSignal): Promise<void> {
  const node = { apiVersion: "v1", kind: "Node", metadata: { name: simulatedNodeName } };
  await client.apply(Kinds.Node, node, kubeletManager);
  await renew(client);
  const timer = setInterval(() => void renew(client).catch(() => {}), renewEveryMs);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
}

async function renew(client: ApiClient): Promise<void> {
  const now = new Date().toISOString();
  const amounts = { cpu: "64", memory: "256Gi", pods: "500" };
  const ready = { type: "Ready", status: "True", reason: "Simulated", message: "", lastHeartbeatTime: now };
  const status = { capacity: amounts, allocatable: amounts, conditions: [{ ...ready, lastTransitionTime: now }] };
  const node = { apiVersion: "v1", kind: "Node", metadata: { name: simulatedNodeName }, status };
  await client.applyStatus<Unstructured>(Kinds.Node, node as Unstructured, kubeletManager);
  const lease = {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: simulatedNodeName, namespace: "kube-node-lease" },
    spec: {
      holderIdentity: simulatedNodeName,
      leaseDurationSeconds: 120,
      renewTime: now.replace("Z", "000Z"),
    },
  };
  await client.apply<Unstructured>(Kinds.Lease, lease as Unstructured, kubeletManager);
}
