import { Kinds } from "@tributary/contracts";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import { type AggregatorIdentity, caFields, leafFields, readJobCertificates } from "../observe/certificates.ts";
import type { KubernetesObject } from "../plan.ts";
import { jobLabels, ownedBy } from "../render/aggregator.ts";
import { jobNames } from "../render/names.ts";
import type { JobSnapshot } from "../snapshot.ts";
import { issueAggregatorCertificate, issueJobCa, type KeyPairPem } from "./certificates.ts";
import type { HubObjects } from "./hub-objects.ts";

type Job = JobSnapshot["job"];

/** What making certificates needs. */
export interface CertificateDeps {
  readonly hub: ApiClient;
  readonly hubObjects: HubObjects;
  readonly nowMs: () => number;
}

/**
 * Makes of the job CA and the aggregator's certificate what is missing. An aggregator keeps its certificate when the CA is
 * lost, so that its workers go on knowing it; it then takes the operator's calls by the new CA. When its certificate is
 * lost, it gets another one.
 */
export async function ensureCertificates(
  job: Job,
  serverName: string,
  deps: CertificateDeps,
  signal: AbortSignal,
): Promise<void> {
  const names = jobNames(job);
  const write = (name: string, texts: Readonly<Record<string, string>>) =>
    deps.hubObjects.apply(job, Kinds.Secret, renderSecret(job, name, texts), signal);
  const present = await readJobCertificates(deps.hub, job, signal);
  const ca = present.ca ?? (await issueJobCa(job.metadata.name, deps.nowMs()));
  await write(names.caSecret, { [caFields.certificate]: ca.certificatePem, [caFields.key]: ca.keyPem });
  const identity = present.identity ?? (await issueIdentity(ca, serverName, deps.nowMs()));
  await write(names.aggregator, {
    [leafFields.certificate]: identity.certificatePem,
    [leafFields.key]: identity.keyPem,
    [leafFields.operatorCa]: ca.certificatePem,
    [leafFields.serverCa]: identity.serverCaPem,
  });
}

async function issueIdentity(ca: KeyPairPem, serverName: string, nowMs: number): Promise<AggregatorIdentity> {
  const leaf = await issueAggregatorCertificate(ca, serverName, nowMs);
  return { ...leaf, operatorCaPem: ca.certificatePem, serverCaPem: ca.certificatePem };
}

function renderSecret(job: Job, name: string, texts: Readonly<Record<string, string>>): KubernetesObject {
  const data = Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString("base64")]),
  );
  const metadata = {
    name,
    namespace: jobNames(job).namespace,
    labels: jobLabels(job, "aggregator"),
    ownerReferences: ownedBy(job),
  };
  return { apiVersion: "v1", kind: "Secret", metadata, type: "Opaque", data };
}
