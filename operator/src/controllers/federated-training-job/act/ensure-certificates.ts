import { Kinds } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import { type ApiClient, createOrGet } from "../../../runtime/api/api-client.ts";
import type { KubeObject, Unstructured } from "../../../runtime/api/object.ts";
import { isOwned } from "../observe/hub.ts";
import { jobLabels, ownedBy } from "../render/aggregator.ts";
import { jobNames } from "../render/names.ts";
import type { JobSnapshot } from "../snapshot.ts";
import { issueAggregatorCertificate, issueJobCa, type KeyPairPem } from "./certificates.ts";

type Job = JobSnapshot["job"];

/** Makes the job CA and the aggregator's certificate, once; whoever is first wins and the other takes what is there. */
export async function ensureCertificates(
  client: ApiClient,
  job: Job,
  serverName: string,
  nowMs: number,
  signal: AbortSignal,
): Promise<void> {
  const names = jobNames(job);
  const ca = await ensureJobCa(client, job, nowMs, signal);
  const leaf = await issueAggregatorCertificate(ca, serverName, nowMs);
  const data = { "tls.crt": leaf.certificatePem, "tls.key": leaf.keyPem, "ca.crt": ca.certificatePem };
  const secret = renderSecret(job, names.aggregator, data);
  const { object } = await createOrGet<KubeObject>(client, Kinds.Secret, secret, { signal });
  await refuseLeftOver(client, object as Unstructured, job, signal);
}

/** The job CA from its Secret; undefined when it was not made yet. */
export async function readJobCa(client: ApiClient, job: Job, signal: AbortSignal): Promise<KeyPairPem | undefined> {
  const names = jobNames(job);
  const secret = await client.get<Unstructured>(
    Kinds.Secret,
    { namespace: names.namespace, name: names.caSecret },
    { signal },
  );
  return secret === undefined || !isOwned(secret, job) ? undefined : decode(secret);
}

async function ensureJobCa(client: ApiClient, job: Job, nowMs: number, signal: AbortSignal): Promise<KeyPairPem> {
  const present = await readJobCa(client, job, signal);
  if (present !== undefined) return present;
  const fresh = await issueJobCa(job.metadata.name, nowMs);
  const secret = renderSecret(job, jobNames(job).caSecret, { "ca.crt": fresh.certificatePem, "ca.key": fresh.keyPem });
  const { object } = await createOrGet<KubeObject>(client, Kinds.Secret, secret, { signal });
  await refuseLeftOver(client, object as Unstructured, job, signal);
  return decode(object as Unstructured);
}

function renderSecret(job: Job, name: string, texts: Readonly<Record<string, string>>): KubeObject {
  const data = Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString("base64")]),
  );
  const metadata = {
    name,
    namespace: jobNames(job).namespace,
    labels: jobLabels(job, "aggregator"),
    ownerReferences: ownedBy(job) as never,
  };
  return { apiVersion: "v1", kind: "Secret", metadata, type: "Opaque", data } as KubeObject;
}

function decode(secret: Unstructured): KeyPairPem {
  const data = (secret.data ?? {}) as Record<string, string>;
  const text = (key: string): string => Buffer.from(data[key] ?? "", "base64").toString("utf8");
  return { certificatePem: text("ca.crt"), keyPem: text("ca.key") };
}

async function refuseLeftOver(client: ApiClient, secret: Unstructured, job: Job, signal: AbortSignal): Promise<void> {
  if (isOwned(secret, job)) return;
  const { name, namespace = "" } = secret.metadata;
  const isOurs = secret.metadata.ownerReferences?.some((owner) => owner.kind === "FederatedTrainingJob") === true;
  if (!isOurs)
    throw new TributaryError(
      "API_REFUSED",
      `Secret ${namespace}/${name} exists and is not ours; rename the job or remove the Secret`,
    );
  await client.delete(Kinds.Secret, { namespace, name }, { uid: secret.metadata.uid, signal });
  throw new TributaryError(
    "API_CONFLICT",
    `Secret ${namespace}/${name} was left by an earlier job and is being removed`,
  );
}
