import { backoffMs, type Clock, isStorageError, type Logger } from "@tributary/kit";
import type { EngineProblem } from "./engine-deps.ts";

/** Delays between tries at a volume that is full or does not work. */
const STORAGE_BACKOFF = { initialMs: 250, maxMs: 15_000 };

/** Counts how often in a row a volume was found full or broken, and waits longer each time. */
export class StorageWait {
  readonly #deps: { readonly clock: Clock; readonly log: Logger };
  #failures = 0;

  constructor(deps: { readonly clock: Clock; readonly log: Logger }) {
    this.#deps = deps;
  }

  /** Whether the volume has not worked since it was found full or broken. */
  get isFailing(): boolean {
    return this.#failures > 0;
  }

  /** Something was written that counts. */
  works(): void {
    this.#failures = 0;
  }

  /** What people need to know of a failure; throws one that is not the volume's. */
  problemOf(cause: unknown): EngineProblem {
    if (!isStorageError(cause)) throw cause;
    this.#deps.log.error({ err: cause, code: cause.code, details: cause.details }, cause.message);
    return { code: cause.code, message: cause.message };
  }

  /** Waits before the next try. */
  async wait(signal: AbortSignal): Promise<void> {
    const delayMs = backoffMs(this.#failures++, STORAGE_BACKOFF, Math.random());
    await this.#deps.clock.sleep(delayMs, signal).catch(() => {});
  }
}
