import { Kinds, Label } from "@tributary/contracts";
import { formatAddress } from "@tributary/contracts/fields";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import type { Unstructured } from "../../../runtime/api/object.ts";
import type { ObjectReader } from "../../../runtime/cache/object-cache.ts";
import { jobNames } from "../render/names.ts";
import type { AggregatorEndpoint, HubObservation, JobSnapshot } from "../snapshot.ts";
import { findPodProblem } from "./pod-problem.ts";

/** Caches of what the operator made on the hub, and the calls that no cache answers. */
export interface HubSources {
  readonly client: ApiClient;
  readonly services: ObjectReader<Unstructured>;
  readonly statefulSets: ObjectReader<Unstructured>;
  readonly pods: ObjectReader<Unstructured>;
  /** Host under which workers of other clouds reach the hub's node ports. */
  readonly advertisedAddress: string;
}

type Job = JobSnapshot["job"];

/** What exists for a job on the hub. */
export async function observeHub(job: Job, sources: HubSources, signal: AbortSignal): Promise<HubObservation> {
  const names = jobNames(job);
  const key = `${names.namespace}/${names.aggregator}`;
  const [caPem, missingClaims] = await Promise.all([
    readCa(job, sources.client, signal),
    findMissingClaims(job, sources.client, signal),
  ]);
  const endpoint = endpointOf(sources.services.get(key), job, sources.advertisedAddress);
  const statefulSet = sources.statefulSets.get(key);
  const pods = sources.pods
    .byIndex("job-uid", job.metadata.uid ?? "")
    .filter((pod) => pod.metadata.labels?.[Label.Component] === "aggregator");
  const podProblem = findPodProblem(pods);
  return {
    ...(caPem === undefined ? {} : { caPem }),
    missingClaims,
    ...(endpoint === undefined ? {} : { endpoint }),
    readyReplicas: Number((statefulSet?.status as { readyReplicas?: number } | undefined)?.readyReplicas ?? 0),
    ...(podProblem === undefined ? {} : { podProblem }),
  };
}

async function readCa(job: Job, client: ApiClient, signal: AbortSignal): Promise<string | undefined> {
  const names = jobNames(job);
  const leaf = await client.get<Unstructured>(
    Kinds.Secret,
    { namespace: names.namespace, name: names.aggregator },
    { signal },
  );
  const encoded = isOwned(leaf, job) ? (leaf?.data as Record<string, string> | undefined)?.["ca.crt"] : undefined;
  return encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString("utf8");
}

/** Whether an object belongs to this very job and not to an earlier one of the same name. */
export function isOwned(object: Unstructured | undefined, job: Job): boolean {
  return object?.metadata.ownerReferences?.some((owner) => owner.uid === job.metadata.uid) === true;
}

async function findMissingClaims(job: Job, client: ApiClient, signal: AbortSignal): Promise<string[]> {
  const namespace = jobNames(job).namespace;
  const claims = [
    ...new Set([job.spec.model.source.persistentVolumeClaim.claimName, job.spec.output.persistentVolumeClaim]),
  ];
  const found = await Promise.all(
    claims.map((name) => client.get(Kinds.PersistentVolumeClaim, { namespace, name }, { signal })),
  );
  return claims.filter((_claim, index) => found[index] === undefined);
}

function endpointOf(service: Unstructured | undefined, job: Job, address: string): AggregatorEndpoint | undefined {
  if (service === undefined || !isOwned(service, job)) return undefined;
  const { ports = [] } = service.spec as { ports?: { name?: string; nodePort?: number }[] };
  const portOf = (name: string): number | undefined => ports.find((port) => port.name === name)?.nodePort;
  const control = portOf("control");
  const tensor = portOf("tensor");
  if (control === undefined || tensor === undefined) return undefined;
  return { controlAddress: formatAddress(address, control), tensorAddress: formatAddress(address, tensor) };
}
