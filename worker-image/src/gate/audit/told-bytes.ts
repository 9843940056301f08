import { RecentMap } from "../../shared/recent-map.ts";

/** Pods that are remembered: more than a member's. One that was forgotten costs a line that was not needed. */
const MAX_PODS = 16_384;

/** The bytes that the trail says have left each pod, since this process runs: a pod that tells nothing new needs no other line. */
export class ToldBytes {
  readonly #told = new RecentMap<string, bigint>(MAX_PODS);

  /** Whether the trail has to tell of a pod's bytes. */
  isNews(podUid: string, sentBytes: bigint): boolean {
    const told = this.#told.get(podUid);
    return told === undefined || sentBytes > told;
  }

  /** The trail tells of them now. */
  keep(podUid: string, sentBytes: bigint): void {
    this.#told.set(podUid, sentBytes);
  }
}
