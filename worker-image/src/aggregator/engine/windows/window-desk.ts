import type { controlV1 } from "@tributary/contracts";
import { judgeRounds } from "../judge-rounds.ts";
import { Turns } from "../turns.ts";
import {
  endedWindowOf,
  enterNext,
  type JobWindows,
  type LedgerFacts,
  noWindows,
  openWindowOf,
  type PlanDecision,
  takePlan,
} from "./job-windows.ts";
import type { WindowsFile } from "./windows-file.ts";

type WindowPlan = controlV1.WindowPlan;

/**
 * The job's windows. Whoever changes them waits for a turn: the operator's calls and the engine's loop never meet halfway. What is known
 * changes once it is durable, and not before.
 */
export class WindowDesk {
  readonly #file: WindowsFile;
  readonly #ledger: () => LedgerFacts;
  readonly #turns = new Turns();
  #restored: Promise<void> | undefined;
  #windows: JobWindows = noWindows;

  /** @param ledger as it is at the moment of the call. */
  constructor(file: WindowsFile, ledger: () => LedgerFacts) {
    this.#file = file;
    this.#ledger = ledger;
  }

  /** Takes up what a former process knew; a call of the operator's that comes earlier waits for it. */
  restore(): Promise<void> {
    this.#restored ??= this.#file.load().then(
      (windows) => {
        this.#windows = windows;
      },
      (error: unknown) => {
        // A volume that does not work now may work the next time.
        this.#restored = undefined;
        throw error;
      },
    );
    return this.#restored;
  }

  /** The window whose rounds are run now. */
  get open(): WindowPlan | undefined {
    return openWindowOf(this.#windows, this.#ledger());
  }

  /** The window that ended last, while none is open. */
  get ended(): WindowPlan | undefined {
    return endedWindowOf(this.#windows, this.#ledger());
  }

  /** The convergence rule of the window in work, or of the last one. */
  get rule(): controlV1.ConvergenceRule | undefined {
    return this.#windows.current?.convergence;
  }

  /** Outcome with which the job was ended. */
  get finished(): string | undefined {
    return this.#windows.finished;
  }

  /** Takes a plan of the operator's; see {@link takePlan}. */
  take(plan: WindowPlan): Promise<PlanDecision> {
    judgeRounds(plan.convergence, []);
    return this.#turn(async () => {
      const { decision, windows } = takePlan(this.#windows, plan, this.#ledger());
      await this.#keep(windows);
      return decision;
    });
  }

  /** The ledger has grown: enters the window that waits when the one in work is over. */
  advance(): Promise<void> {
    return this.#turn(() => this.#keep(enterNext(this.#windows, this.#ledger())));
  }

  /** Ends the job: no window is open afterwards. False when it was ended before. */
  finish(outcome: string): Promise<boolean> {
    return this.#turn(async () => {
      if (this.#windows.finished !== undefined) return false;
      await this.#keep({ ...this.#windows, finished: outcome });
      return true;
    });
  }

  /**
   * Runs work between two changes of the windows, while `plan` is the one in work.
   *
   * @returns what the work gives, or `undefined` when the job was ended or the window replaced: then nothing was done.
   */
  whileOpen<T>(plan: WindowPlan, work: () => Promise<T>): Promise<T | undefined> {
    return this.#turn(async () => (this.open === plan ? work() : undefined));
  }

  /** Runs work between two changes of the windows unless the job was ended; `undefined` then. */
  unlessFinished<T>(work: () => Promise<T>): Promise<T | undefined> {
    return this.#turn(async () => (this.finished === undefined ? work() : undefined));
  }

  #turn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.take(async () => {
      await this.restore();
      return work();
    });
  }

  async #keep(windows: JobWindows): Promise<void> {
    if (windows === this.#windows) return;
    await this.#file.save(windows);
    this.#windows = windows;
  }
}
