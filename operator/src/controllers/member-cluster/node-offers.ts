import { readQuantity, wholeQuantity } from "@tributary/contracts/fields";
import type { KubeObject, Unstructured } from "../../runtime/api/object.ts";

/** What one node offers, as far as anybody reads it. Nodes that offer the same share one. */
export interface NodeOffer {
  readonly isReady: boolean;
  /** Allocatable of each extended resource. */
  readonly accelerators: Readonly<Record<string, number>>;
}

/** A node as the cache keeps it: a few hundred bytes of the ten thousand that the API server sends. */
export interface TrimmedNode extends KubeObject {
  readonly offer: NodeOffer;
}

/** What the nodes of a member offer together. */
export interface NodeTotals {
  readonly readyNodes: number;
  readonly accelerators: readonly { readonly resource: string; readonly allocatable: number }[];
}

interface NodeFields {
  readonly spec?: { readonly unschedulable?: boolean };
  readonly status?: {
    readonly allocatable?: Readonly<Record<string, string>>;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** Offers that are kept to be shared; a cluster has a handful of machine types. */
const sharedLimit = 1_000;
/** Resources that are told of a member; its status holds no more. */
const resourceLimit = 16;

/** Makes the transform that keeps of a node what it offers. */
export function createNodeTrimmer(): (node: Unstructured) => TrimmedNode {
  const shared = new Map<string, NodeOffer>();
  return (node) => {
    const offer = offerOf(node as NodeFields);
    const key = JSON.stringify(offer);
    const known = shared.get(key);
    if (known === undefined && shared.size < sharedLimit) shared.set(key, offer);
    const { name, uid, resourceVersion } = node.metadata;
    const metadata = {
      name,
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    };
    return { metadata, offer: known ?? offer };
  };
}

function offerOf({ spec, status }: NodeFields): NodeOffer {
  const isReady =
    spec?.unschedulable !== true &&
    status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") === true;
  return { isReady, accelerators: acceleratorsOf(status?.allocatable ?? {}) };
}

/**
 * Devices by resource. Extended resources are those with a domain; hugepages, attachable volumes and the kubelet's own have
 * none. A quantity that nobody can read counts as none.
 */
export function acceleratorsOf(amounts: Readonly<Record<string, unknown>>): Record<string, number> {
  const found: Record<string, number> = {};
  for (const resource of Object.keys(amounts).sort()) {
    if (!resource.includes("/")) continue;
    const read = readQuantity(String(amounts[resource]));
    found[resource] = read.ok ? Math.max(0, wholeQuantity(read.value)) : 0;
  }
  return found;
}

/** Adds up what the ready nodes offer. */
export function sumOffers(nodes: readonly TrimmedNode[]): NodeTotals {
  const totals = new Map<string, number>();
  let readyNodes = 0;
  for (const { offer } of nodes) {
    if (!offer.isReady) continue;
    readyNodes++;
    for (const [resource, amount] of Object.entries(offer.accelerators)) addTo(totals, resource, amount);
  }
  const accelerators = [...totals]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .slice(0, resourceLimit)
    .map(([resource, allocatable]) => ({ resource, allocatable }));
  return { readyNodes, accelerators };
}

interface PodFields {
  readonly spec?: {
    readonly containers?: readonly ContainerFields[];
    readonly initContainers?: readonly (ContainerFields & { readonly restartPolicy?: string })[];
  };
  readonly status?: { readonly phase?: string };
}
interface ContainerFields {
  readonly resources?: { readonly requests?: Readonly<Record<string, unknown>> };
}

/** Accelerators that pods request and have not given back, by resource. */
export function requestedAccelerators(pods: readonly Unstructured[]): Map<string, number> {
  const totals = new Map<string, number>();
  for (const pod of pods) {
    const { spec, status } = pod as PodFields;
    if (status?.phase === "Succeeded" || status?.phase === "Failed") continue;
    const sidecars = (spec?.initContainers ?? []).filter((container) => container.restartPolicy === "Always");
    for (const container of [...(spec?.containers ?? []), ...sidecars])
      for (const [resource, amount] of Object.entries(acceleratorsOf(container.resources?.requests ?? {})))
        addTo(totals, resource, amount);
  }
  return totals;
}

function addTo(totals: Map<string, number>, resource: string, amount: number): void {
  totals.set(resource, (totals.get(resource) ?? 0) + amount);
}
