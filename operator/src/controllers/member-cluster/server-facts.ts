import { Kinds } from "@tributary/contracts";
import { isTributaryError } from "@tributary/kit";
import type { ApiClient, CallOptions } from "../../runtime/api/api-client.ts";
import { readNetworkReport } from "./network-report.ts";
import type { ServerFacts } from "./snapshot.ts";

/** Time for which what an API server says of itself is kept, in milliseconds. */
const keptMs = 60_000;

/** Asks members for their version and identity: once a minute, and at once over a new link. */
export class ServerFactsReader {
  readonly #nowMs: () => number;
  readonly #kept = new Map<
    string,
    { readonly facts: ServerFacts; readonly client: ApiClient; readonly atMs: number }
  >();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** What a member said last. */
  of(cluster: string): ServerFacts | undefined {
    return this.#kept.get(cluster)?.facts;
  }

  /** Uid of the cluster, if it was said over this very link: each has a client of its own. */
  clusterUidOf(client: ApiClient): string | undefined {
    const kept = this.#kept.get(client.cluster);
    return kept?.client === client ? kept.facts.clusterUid : undefined;
  }

  forget(cluster: string): void {
    this.#kept.delete(cluster);
  }

  /**
   * Asks when what is kept is old, or was said over another link. Throws what the API client throws.
   *
   * @param namespace one of the member's in which jobs of this hub run; undefined where none is mapped.
   * @returns whether the cluster is another one than was known, or the first that is known.
   */
  async refresh(client: ApiClient, namespace: string | undefined, signal: AbortSignal): Promise<boolean> {
    const kept = this.#kept.get(client.cluster);
    if (kept?.client === client && this.#nowMs() - kept.atMs < keptMs) return false;
    const options = { signal, deadlineMs: 8_000 };
    const version = (await client.getPath("/version", options)) as { gitVersion?: string };
    const clusterUid = await readClusterUid(client, options);
    const egress = namespace === undefined ? undefined : await readNetworkReport(client, namespace, signal);
    const facts = {
      kubernetesVersion: version.gitVersion ?? "unknown",
      ...(clusterUid === undefined ? {} : { clusterUid }),
      ...(egress === undefined ? {} : { egress }),
    };
    this.#kept.set(client.cluster, { facts, client, atMs: this.#nowMs() });
    return clusterUid !== kept?.facts.clusterUid;
  }
}

/** A member need not allow this; without it a cluster that was made anew is not told from the one before. */
export async function readClusterUid(client: ApiClient, options: CallOptions): Promise<string | undefined> {
  try {
    return (await client.get(Kinds.Namespace, { name: "kube-system" }, options))?.metadata.uid;
  } catch (error) {
    if (isTributaryError(error, "FORBIDDEN")) return undefined;
    throw error;
  }
}
