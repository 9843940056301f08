import type { AuditEvent } from "@tributary/contracts";
import type { TributaryError } from "@tributary/kit";
import { RecentMap } from "../../shared/recent-map.ts";
import { type RefusedPod, refusedPodEvent } from "./audit-events.ts";

/** Pods that are remembered: more than a member's. One that was forgotten costs a line that was not needed. */
const MAX_PODS = 16_384;

/**
 * Writes down that a pod was refused, once for each cause since this process runs: a worker that is refused asks again, and the trail's volume
 * is everybody's.
 */
export class ToldRefusals {
  readonly #audit: { write(event: AuditEvent): Promise<void> };
  readonly #told = new RecentMap<string, string>(MAX_PODS);

  constructor(audit: { write(event: AuditEvent): Promise<void> }) {
    this.#audit = audit;
  }

  /** Resolves once the trail tells of it. @throws STORAGE_FULL, STORAGE_UNAVAILABLE: then it is told the next time. */
  async tell(pod: RefusedPod, refusal: TributaryError): Promise<void> {
    const { code, message } = refusal;
    const cause = JSON.stringify([code, message]);
    if (this.#told.get(pod.podUid) === cause) return;
    await this.#audit.write(refusedPodEvent(pod, refusal));
    this.#told.set(pod.podUid, cause);
  }
}
