import type { KubeObject } from "../../runtime/api/object.ts";
import type { Clock } from "../../runtime/clock.ts";

/** Time for which a look at a job that began before its member was leaving may still record a place there, in milliseconds. */
const recordingMs = 5_000;

/** Since when each MemberCluster that is being deleted is known to be. */
export class Departures {
  readonly #clock: Clock;
  readonly #since = new Map<string, { readonly uid: string; readonly sinceMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Time until a MemberCluster that is being deleted, and that no job holds, may go; counted from the first time it is asked for. */
  waitMs({ metadata: { name, uid = "" } }: KubeObject): number {
    const known = this.#since.get(name);
    const now = this.#clock.monotonicMs();
    const { sinceMs } = known?.uid === uid ? known : { sinceMs: now };
    this.#since.set(name, { uid, sinceMs });
    return Math.max(0, sinceMs + recordingMs - now);
  }

  /** The MemberCluster of a name is gone. */
  forget(name: string): void {
    this.#since.delete(name);
  }
}
