import { asTributaryError, type Clock, type Logger } from "@tributary/kit";
import { isToBeTold, levelOf, type Stock, StockLevel, type Told } from "./stock.ts";

/** How often is looked. */
const LOOK_EVERY_MS = 60_000;

/** What watching works with. */
export interface StockWatchDeps {
  /** What is left of everything now. */
  readonly count: () => Promise<readonly Stock[]>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Tells in the log what becomes scarce, before it is gone. */
export class StockWatch {
  readonly #deps: StockWatchDeps;
  readonly #told = new Map<string, Told>();

  constructor(deps: StockWatchDeps) {
    this.#deps = deps;
  }

  /** Looks until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look();
      await this.#deps.clock.sleep(LOOK_EVERY_MS, signal).catch(() => {});
    }
  }

  /** Looks once. A look that fails is told and changes nothing. */
  async look(): Promise<void> {
    const { count, log } = this.#deps;
    try {
      for (const stock of await count()) this.#tell(stock);
    } catch (cause) {
      const error = asTributaryError(cause);
      log.warn({ code: error.code }, `what the gate has left cannot be told: ${error.message}`);
    }
  }

  #tell({ what, left, of, remedy }: Stock): void {
    const { clock, log } = this.#deps;
    const level = levelOf({ left, of });
    const nowMs = clock.monotonicMs();
    if (!isToBeTold(level, this.#told.get(what), nowMs)) return;
    this.#told.set(what, { level, atMs: nowMs });
    const share = `${Math.floor((100 * left) / of)} % of ${what} is left`;
    if (level === StockLevel.Ample) log.info({ left, of }, share);
    else if (level === StockLevel.Low) log.warn({ left, of }, `${share}; ${remedy}`);
    else log.error({ left, of }, `${share}; ${remedy}`);
  }
}
