import { Kinds } from "@tributary/contracts";
import { readQuantity, wholeQuantity } from "@tributary/contracts/fields";
import type { ApiClient } from "../../runtime/api/api-client.ts";
import type { Unstructured } from "../../runtime/api/object.ts";

/** What a probe of a member found. */
export interface ProbeResult {
  readonly kubernetesVersion: string;
  readonly readyNodes: number;
  readonly accelerators: readonly { readonly resource: string; readonly allocatable: number }[];
}

interface NodeObject extends Unstructured {
  readonly spec?: { readonly unschedulable?: boolean };
  readonly status?: {
    readonly allocatable?: Readonly<Record<string, string>>;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** Asks a member for its version and counts what its ready nodes offer. Throws what the API client throws. */
export async function probeMember(client: ApiClient, signal: AbortSignal): Promise<ProbeResult> {
  const version = (await client.getPath("/version", { signal, deadlineMs: 8_000 })) as { gitVersion?: string };
  const nodes = await client.list<NodeObject>(Kinds.Node, { signal, deadlineMs: 8_000 });
  const ready = nodes.filter((node) => isReady(node));
  return {
    kubernetesVersion: version.gitVersion ?? "unknown",
    readyNodes: ready.length,
    accelerators: sumAccelerators(ready),
  };
}

function isReady(node: NodeObject): boolean {
  return (
    node.spec?.unschedulable !== true &&
    node.status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") === true
  );
}

/** Extended resources are those with a domain; hugepages, attachable volumes and the kubelet's own have none. */
function sumAccelerators(nodes: readonly NodeObject[]): ProbeResult["accelerators"] {
  const totals = new Map<string, number>();
  for (const node of nodes) {
    for (const [resource, amount] of Object.entries(node.status?.allocatable ?? {})) {
      if (resource.includes("/")) totals.set(resource, (totals.get(resource) ?? 0) + countDevices(amount));
    }
  }
  return [...totals]
    .sort(([left], [right]) => left.localeCompare(right))
    .slice(0, 16)
    .map(([resource, allocatable]) => ({ resource, allocatable }));
}

/** API servers write a thousand devices as `1k`; what is no quantity counts for none. */
function countDevices(amount: string): number {
  const reading = readQuantity(String(amount));
  return reading.ok ? wholeQuantity(reading.value) : 0;
}

/** Accelerators that the pods of this hub request, by resource. */
export function requestedAccelerators(pods: readonly Unstructured[]): Map<string, number> {
  const totals = new Map<string, number>();
  for (const pod of pods) {
    const { spec, status } = pod as {
      spec?: { containers?: { resources?: { requests?: Record<string, string> } }[] };
      status?: { phase?: string };
    };
    if (status?.phase === "Succeeded" || status?.phase === "Failed") continue;
    for (const container of spec?.containers ?? []) {
      for (const [resource, amount] of Object.entries(container.resources?.requests ?? {})) {
        if (resource.includes("/")) totals.set(resource, (totals.get(resource) ?? 0) + countDevices(amount));
      }
    }
  }
  return totals;
}
