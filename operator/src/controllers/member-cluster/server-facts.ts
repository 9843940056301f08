import { Kinds } from "@tributary/contracts";
import { isTributaryError } from "@tributary/kit";
import type { ApiClient } from "../../runtime/api/api-client.ts";
import type { ServerFacts } from "./snapshot.ts";

/** Time for which what an API server says of itself is kept, in milliseconds. */
const keptMs = 60_000;

/** Asks members for their version and identity: once a minute, and at once over a new link. */
export class ServerFactsReader {
  readonly #nowMs: () => number;
  readonly #kept = new Map<
    string,
    { readonly facts: ServerFacts; readonly generation: number; readonly atMs: number }
  >();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** What a member said last. */
  of(cluster: string): ServerFacts | undefined {
    return this.#kept.get(cluster)?.facts;
  }

  forget(cluster: string): void {
    this.#kept.delete(cluster);
  }

  /** Asks when what is kept is old, or was said over another link. Throws what the API client throws. */
  async refresh(client: ApiClient, generation: number, signal: AbortSignal): Promise<void> {
    const kept = this.#kept.get(client.cluster);
    if (kept?.generation === generation && this.#nowMs() - kept.atMs < keptMs) return;
    const options = { signal, deadlineMs: 8_000 };
    const version = (await client.getPath("/version", options)) as { gitVersion?: string };
    const clusterUid = await readClusterUid(client, options);
    const facts = {
      kubernetesVersion: version.gitVersion ?? "unknown",
      ...(clusterUid === undefined ? {} : { clusterUid }),
    };
    this.#kept.set(client.cluster, { facts, generation, atMs: this.#nowMs() });
  }
}

/** A member need not allow this; without it a cluster that was made anew is not told from the one before. */
async function readClusterUid(
  client: ApiClient,
  options: { readonly signal: AbortSignal; readonly deadlineMs: number },
): Promise<string | undefined> {
  try {
    return (await client.get(Kinds.Namespace, { name: "kube-system" }, options))?.metadata.uid;
  } catch (error) {
    if (isTributaryError(error, "FORBIDDEN")) return undefined;
    throw error;
  }
}
