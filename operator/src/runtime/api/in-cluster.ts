import { readFile } from "node:fs/promises";
import { TributaryError } from "@tributary/kit";
import { type Clock, systemClock } from "../clock.ts";
import type { Credential, CredentialSource } from "./credential.ts";
import type { ApiEndpoint } from "./kubeconfig.ts";

/** Where the kubelet mounts the pod's identity. */
export const serviceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Age at which the token file is read again; the kubelet replaces it long before the token ends. */
const rereadAfterMs = 60_000;

/**
 * A bearer token kept in a file that somebody else replaces. Read again a minute after the last read, and at once
 * when the API server refused it; concurrent callers share one read.
 */
export function tokenFileCredential(path: string, clock: Clock = systemClock): CredentialSource {
  let held: { readonly credential: Credential; readonly readAtMs: number } | undefined;
  let reading: Promise<Credential> | undefined;

  async function read(): Promise<Credential> {
    try {
      const credential = { authorization: `Bearer ${(await readFile(path, "utf8")).trim()}` };
      held = { credential, readAtMs: clock.monotonicMs() };
      return credential;
    } catch (error) {
      if (held) return held.credential;
      const remedy = "mount the service account token (automountServiceAccountToken)";
      throw new TributaryError("CREDENTIAL_REJECTED", `token file ${path} cannot be read; ${remedy}`, {
        details: { path, reason: "TokenFileMissing", remedy },
        cause: error,
      });
    }
  }

  return {
    current() {
      if (held && clock.monotonicMs() - held.readAtMs < rereadAfterMs) return Promise.resolve(held.credential);
      reading ??= read().finally(() => {
        reading = undefined;
      });
      return reading;
    },
    reject(credential) {
      if (held?.credential === credential) held = { credential, readAtMs: Number.NEGATIVE_INFINITY };
    },
    close: () => {},
  };
}

/** Access to the API server of the cluster in which this process runs as a pod. */
export interface InClusterAccess {
  readonly endpoint: ApiEndpoint;
  readonly credentials: CredentialSource;
  /** Namespace of the pod. */
  readonly namespace: string;
}

/**
 * Finds the pod's own API server by the environment and files that the kubelet provides.
 *
 * @param environment `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`, usually `process.env`.
 * @throws TributaryError CONFIGURATION_INVALID outside a pod.
 */
export async function readInClusterAccess(
  environment: Readonly<Record<string, string | undefined>>,
  clock: Clock = systemClock,
  directory: string = serviceAccountDirectory,
): Promise<InClusterAccess> {
  const host = environment.KUBERNETES_SERVICE_HOST;
  const port = environment.KUBERNETES_SERVICE_PORT ?? "443";
  if (host === undefined || host === "") {
    throw new TributaryError(
      "CONFIGURATION_INVALID",
      "KUBERNETES_SERVICE_HOST is not set; run as a pod, or give a kubeconfig",
    );
  }
  const [ca, namespace] = await Promise.all([
    readFile(`${directory}/ca.crt`, "utf8"),
    readFile(`${directory}/namespace`, "utf8"),
  ]);
  return {
    endpoint: { url: `https://${host.includes(":") ? `[${host}]` : host}:${port}`, ca },
    credentials: tokenFileCredential(`${directory}/token`, clock),
    namespace: namespace.trim(),
  };
}
