import { createPrivateKey, X509Certificate } from "node:crypto";
import { Kinds } from "@tributary/contracts";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import type { Unstructured } from "../../../runtime/api/object.ts";
import type { KeyPairPem } from "../act/certificates.ts";
import { jobNames } from "../render/names.ts";
import type { JobSnapshot } from "../snapshot.ts";
import { isOwned } from "./owned.ts";

type Job = JobSnapshot["job"];

/** Fields of the Secret that an aggregator mounts. */
export const leafFields = {
  certificate: "tls.crt",
  key: "tls.key",
  /** CA of the operator's certificates; the aggregator takes calls from nobody else. */
  operatorCa: "ca.crt",
  /** CA that issued the aggregator's own certificate; workers and operator know the aggregator by it. */
  serverCa: "server-ca.crt",
} as const;

/** Fields of the Secret of the job CA. */
export const caFields = { certificate: "ca.crt", key: "ca.key" } as const;

/** What an aggregator is known by and whom it knows. */
export interface AggregatorIdentity extends KeyPairPem {
  readonly operatorCaPem: string;
  readonly serverCaPem: string;
}

/** The certificates of a job as its Secrets hold them; what is missing, broken or of somebody else is absent. */
export interface JobCertificates {
  readonly ca?: KeyPairPem;
  readonly identity?: AggregatorIdentity;
}

/** Reads both Secrets of a job. */
export async function readJobCertificates(client: ApiClient, job: Job, signal: AbortSignal): Promise<JobCertificates> {
  const names = jobNames(job);
  const [caTexts, leafTexts] = await Promise.all(
    [names.caSecret, names.aggregator].map((name) => readTexts(client, job, name, signal)),
  );
  const ca = readCa(caTexts ?? {});
  const identity = readIdentity(leafTexts ?? {}, names.serverName);
  return { ...(ca === undefined ? {} : { ca }), ...(identity === undefined ? {} : { identity }) };
}

function readCa(texts: Readonly<Record<string, string>>): KeyPairPem | undefined {
  const pair = { certificatePem: texts[caFields.certificate] ?? "", keyPem: texts[caFields.key] ?? "" };
  return isPair(pair) ? pair : undefined;
}

function readIdentity(texts: Readonly<Record<string, string>>, serverName: string): AggregatorIdentity | undefined {
  const operatorCaPem = texts[leafFields.operatorCa] ?? "";
  const identity = {
    certificatePem: texts[leafFields.certificate] ?? "",
    keyPem: texts[leafFields.key] ?? "",
    operatorCaPem,
    // One CA was both before a lost one could be replaced.
    serverCaPem: texts[leafFields.serverCa] ?? operatorCaPem,
  };
  if (!isPair(identity)) return undefined;
  try {
    const leaf = new X509Certificate(identity.certificatePem);
    const isIssued = leaf.verify(new X509Certificate(identity.serverCaPem).publicKey);
    return isIssued && leaf.checkHost(serverName) !== undefined ? identity : undefined;
  } catch {
    return undefined;
  }
}

function isPair({ certificatePem, keyPem }: KeyPairPem): boolean {
  try {
    return new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    return false;
  }
}

async function readTexts(
  client: ApiClient,
  job: Job,
  name: string,
  signal: AbortSignal,
): Promise<Record<string, string> | undefined> {
  const { namespace } = jobNames(job);
  const secret = await client.get<Unstructured>(Kinds.Secret, { namespace, name }, { signal });
  if (secret === undefined || !isOwned(secret, job)) return undefined;
  const data = (secret.data ?? {}) as Record<string, string>;
  return Object.fromEntries(
    Object.entries(data).map(([field, text]) => [field, Buffer.from(text, "base64").toString("utf8")]),
  );
}
