import type { DataName } from "../../shared/identity/data-name.ts";
import { dataClaimsOf } from "../enrolment/data-claims.ts";
import type { KnownWorker } from "../enrolment/know-worker.ts";
import { dataDigest } from "../identity/data-name.ts";

/** What data names are made with. */
export interface DataNaming {
  /** The gate's key of data names. */
  readonly dataKey: Uint8Array;
  /** Name of the container that is the sidecar. */
  readonly sidecarContainer: string;
}

/**
 * Whose data a worker trains on: the claims that the trainer of its runtime mounts, or the runtime itself where it mounts none, and its index.
 *
 * @throws ENROLMENT_REFUSED for a mount whose folder depends on the pod.
 */
export function dataNameOf({ dataKey, sidecarContainer }: DataNaming, { identity, runtime }: KnownWorker): DataName {
  const { claims, namespace, template } = dataClaimsOf(runtime, sidecarContainer);
  const source = claims.length === 0 ? { namespace, template } : claims;
  return { data: dataDigest(dataKey, source), index: identity.workerIndex };
}
