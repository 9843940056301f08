import type { Placement } from "../federated-training-job/snapshot.ts";

/** One key of the seats' controller: the seats of one job in one member cluster. */
export interface SeatKey {
  readonly cluster: string;
  /** `namespace/name` of the job on the hub. */
  readonly job: string;
}

/** The key as the queue holds it. The name of a cluster never holds a slash. */
export function printSeatKey({ cluster, job }: SeatKey): string {
  return `${cluster}/${job}`;
}

/** The reverse of {@link printSeatKey}. */
export function parseSeatKey(key: string): SeatKey {
  const slash = key.indexOf("/");
  return { cluster: key.slice(0, slash), job: key.slice(slash + 1) };
}

/** Names one place of a job for expectations; no part of it can hold a slash. */
export function placeKey({
  cluster,
  namespace,
  jobUid,
  participant,
}: Pick<Placement, "cluster" | "namespace" | "jobUid" | "participant">): string {
  return [cluster, namespace, jobUid, participant].join("/");
}
