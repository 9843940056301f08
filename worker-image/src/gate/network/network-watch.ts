import type { Clock, Logger } from "@tributary/kit";
import { type Enforcement, enforcementFor, judgeLook, type Reach } from "./enforcement.ts";
import type { ProbeTargets, Target } from "./probe-targets.ts";
import { settle, unsettled, untilNextLookMs } from "./settle.ts";

/** What watching the network works with. */
export interface NetworkWatchDeps {
  readonly targets: ProbeTargets;
  readonly tryConnection: (target: Target, timeoutMs: number, signal: AbortSignal) => Promise<Reach>;
  /** Told of each change of what is known. */
  readonly onChange: (enforcement: Enforcement) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Long enough for a second packet where the first got lost. */
const TRY_FOR_MS = 3_000;

/** Whether the cluster enforces the gate's own NetworkPolicy, looked at again and again. */
export class NetworkWatch {
  readonly #deps: NetworkWatchDeps;
  #settled = unsettled;

  constructor(deps: NetworkWatchDeps) {
    this.#deps = deps;
  }

  /** What is known now. */
  get enforcement(): Enforcement {
    return enforcementFor(this.#settled.reason);
  }

  /** Looks at once and from then on, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#look(signal);
      await this.#deps.clock.sleep(untilNextLookMs(this.#settled), signal).catch(() => {});
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { targets, tryConnection, onChange, log } = this.#deps;
    const [forbidden, permitted] = await Promise.all([
      targets.forbidden && tryConnection(targets.forbidden, TRY_FOR_MS, signal),
      tryConnection(targets.permitted, TRY_FOR_MS, signal),
    ]);
    if (signal.aborted) return;
    const { reason: before } = this.#settled;
    this.#settled = settle(this.#settled, judgeLook({ forbidden, permitted }));
    const { enforcement } = this;
    if (enforcement.reason === before) return;
    const { status, reason, message } = enforcement;
    const fields = { status, reason, forbidden: targets.forbidden, permitted: targets.permitted };
    log[status === "True" ? "info" : "warn"](fields, `enforcement of NetworkPolicies: ${message}`);
    onChange(enforcement);
  }
}
