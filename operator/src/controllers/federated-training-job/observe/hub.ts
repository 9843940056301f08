import { Kinds, Label } from "@tributary/contracts";
import { formatAddress } from "@tributary/contracts/fields";
import { asTributaryError } from "@tributary/kit";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import type { Unstructured } from "../../../runtime/api/object.ts";
import type { ObjectReader } from "../../../runtime/cache/object-cache.ts";
import { isOver } from "../decide/verdict.ts";
import { claimsOf, configField, configHashAnnotation } from "../render/aggregator.ts";
import { type AggregatorSettings, frozenField, readFrozenRun } from "../render/frozen-run.ts";
import { hashText } from "../render/hash-text.ts";
import { jobNames } from "../render/names.ts";
import type { AggregatorEndpoint, ContainerSpec, HubObservation, JobSnapshot } from "../snapshot.ts";
import { type JobCertificates, readJobCertificates } from "./certificates.ts";
import { findLedgerProblem } from "./ledger-claim.ts";
import { isBeside, isOwned } from "./owned.ts";
import { findPodProblem } from "./pod-problem.ts";
import { findStartRefusal } from "./start-refusal.ts";

/** Caches of what the operator made on the hub, and the calls that no cache answers. */
export interface HubSources {
  readonly client: ApiClient;
  readonly services: ObjectReader<Unstructured>;
  readonly statefulSets: ObjectReader<Unstructured>;
  readonly configMaps: ObjectReader<Unstructured>;
  readonly pods: ObjectReader<Unstructured>;
  /** Host under which workers of other clouds reach the hub's node ports. */
  readonly advertisedAddress: string;
}

type Job = JobSnapshot["job"];

/** What exists for a job on the hub. That some of it may not be read is an observation too: members are emptied without it. */
export async function observeHub(job: Job, sources: HubSources, signal: AbortSignal): Promise<HubObservation> {
  const names = jobNames(job);
  const key = `${names.namespace}/${names.aggregator}`;
  const endpoint = endpointOf(sources.services.get(key), job, sources.advertisedAddress);
  const statefulSet = sources.statefulSets.get(key);
  const isRunning = isOwned(statefulSet, job);
  const config = sources.configMaps.get(key);
  const pods = sources.pods
    .byIndex("job-uid", job.metadata.uid ?? "")
    .filter((pod) => isBeside(pod, job) && pod.metadata.labels?.[Label.Component] === "aggregator");
  const wanted = isRunning ? replicasOf(statefulSet) : 0;
  const live = await readLive(job, sources.client, wanted > 0, signal);
  const refusal =
    statefulSet !== undefined && wanted > 0 && pods.length === 0 && !isOver(job)
      ? await findStartRefusal(statefulSet, sources.client, signal)
      : undefined;
  const podProblem = findPodProblem(pods) ?? refusal;
  return {
    ...live,
    ...(isOwned(config, job) ? describeConfig(config) : {}),
    ...(isRunning ? { liveSettings: describeSettings(statefulSet), ...describeConfigHash(statefulSet) } : {}),
    ...(endpoint === undefined ? {} : { endpoint }),
    hasService: isOwned(sources.services.get(key), job),
    replicas: wanted,
    readyReplicas: Number((statefulSet?.status as { readyReplicas?: number } | undefined)?.readyReplicas ?? 0),
    ...(podProblem === undefined ? {} : { podProblem }),
  };
}

type LiveObservation = Partial<HubObservation> & Pick<HubObservation, "missingClaims">;

/**
 * What no cache shows, as far as the job still needs it: one that is over only has to reach an aggregator that still runs, and one that
 * is being deleted not even that. What is not asked for cannot be refused.
 */
async function readLive(
  job: Job,
  client: ApiClient,
  hasAggregator: boolean,
  signal: AbortSignal,
): Promise<LiveObservation> {
  const isAsked = job.metadata.deletionTimestamp === undefined && (hasAggregator || !isOver(job));
  try {
    const [certificates, missingClaims, ledgerProblem] = await Promise.all([
      isAsked ? readJobCertificates(client, job, signal) : undefined,
      isOver(job) ? [] : findMissingClaims(job, client, signal),
      isOver(job) ? undefined : findLedgerProblem(job, client, signal),
    ]);
    return {
      ...(certificates && describeCertificates(certificates)),
      missingClaims,
      ...(ledgerProblem === undefined ? {} : { ledgerProblem }),
    };
  } catch (cause) {
    return { unread: asTributaryError(cause), missingClaims: [] };
  }
}

function replicasOf(statefulSet: Unstructured | undefined): number {
  return Number((statefulSet?.spec as { replicas?: number } | undefined)?.replicas ?? 1);
}

/** Where workers reach the aggregator of a job and whom they trust; undefined until it has both. */
export async function findAggregator(
  job: Job,
  sources: Pick<HubSources, "client" | "services" | "advertisedAddress">,
  signal: AbortSignal,
): Promise<{ readonly endpoint: AggregatorEndpoint; readonly caPem: string } | undefined> {
  const { namespace, aggregator } = jobNames(job);
  const endpoint = endpointOf(sources.services.get(`${namespace}/${aggregator}`), job, sources.advertisedAddress);
  if (endpoint === undefined) return undefined;
  const { identity } = await readJobCertificates(sources.client, job, signal);
  return identity === undefined ? undefined : { endpoint, caPem: identity.serverCaPem };
}

/** What workers know the aggregator by, and whether nothing of the certificates is missing. */
function describeCertificates({ ca, identity }: JobCertificates): Partial<HubObservation> {
  if (identity === undefined) return { caSecretPresent: ca !== undefined };
  return {
    caPem: identity.serverCaPem,
    caSecretPresent: ca !== undefined && ca.certificatePem === identity.operatorCaPem,
    certificateHash: hashText(identity.certificatePem + identity.operatorCaPem),
  };
}

function describeConfig(config: Unstructured | undefined): Partial<HubObservation> {
  const data = (config?.data ?? {}) as Record<string, string>;
  const configText = data[configField];
  const kept = readFrozenRun(data[frozenField]);
  return { ...(configText === undefined ? {} : { configText }), ...(kept === undefined ? {} : { kept }) };
}

interface StatefulSetSpec {
  readonly template: {
    readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
    readonly spec: { readonly containers: readonly ContainerSpec[] };
  };
  readonly volumeClaimTemplates?: readonly {
    readonly spec: {
      readonly storageClassName?: string;
      readonly resources?: { readonly requests?: { readonly storage?: string } };
    };
  }[];
}

/** Settings as a StatefulSet shows them. */
function describeSettings(statefulSet: Unstructured | undefined): Partial<AggregatorSettings> {
  const spec = statefulSet?.spec as StatefulSetSpec | undefined;
  const container = spec?.template.spec.containers.find(({ name }) => name === "aggregator");
  const claim = spec?.volumeClaimTemplates?.[0]?.spec;
  const shown = {
    image: container?.image,
    imagePullPolicy: container?.imagePullPolicy,
    memoryLimit: container?.resources?.limits?.memory,
    dataVolumeSize: claim?.resources?.requests?.storage,
    storageClass: claim?.storageClassName,
  };
  return Object.fromEntries(Object.entries(shown).filter(([, value]) => typeof value === "string"));
}

function describeConfigHash(statefulSet: Unstructured | undefined): Pick<HubObservation, "configHash"> {
  const spec = statefulSet?.spec as StatefulSetSpec | undefined;
  const configHash = spec?.template.metadata?.annotations?.[configHashAnnotation];
  return configHash === undefined ? {} : { configHash };
}

async function findMissingClaims(job: Job, client: ApiClient, signal: AbortSignal): Promise<string[]> {
  const namespace = jobNames(job).namespace;
  const claims = claimsOf(job);
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
