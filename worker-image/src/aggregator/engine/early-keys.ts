import type { controlV1 } from "@tributary/contracts";
import { CohortStage } from "@tributary/federated";
import { isStorageError } from "@tributary/kit";
import type { Cohort } from "./cohorts/cohort.ts";
import type { CohortRuns } from "./cohorts/cohort-runs.ts";
import { chosenEarly, EARLY_LIFE_MS, earlyDelayMs, isNextKnown, type NextParties } from "./cohorts/early-cohort.ts";
import { linkSignal } from "./cohorts/link-signal.ts";
import type { EngineDeps } from "./engine-deps.ts";
import type { WindowDesk } from "./windows/window-desk.ts";

type WindowPlan = controlV1.WindowPlan;

/** What keys of the next line are exchanged with. */
export interface EarlyKeysDeps {
  readonly engine: Pick<EngineDeps, "clock" | "config" | "log">;
  readonly windows: Pick<WindowDesk, "open" | "whileOpen">;
  readonly cohorts: Pick<CohortRuns, "openEarly" | "spent">;
  /** How many lines are in the ledger. */
  readonly rounds: () => number;
  /** Who could be in the cohort of a line if it were opened now. */
  readonly choose: (plan: WindowPlan, line: number) => Omit<NextParties, "parties">;
}

/** Has keys of the next line exchanged while a cohort is in work. */
export class EarlyKeys {
  readonly #deps: EarlyKeysDeps;
  /** How long the newest round waited from its first report to its last; absent before there was one in this process. */
  #waitedMs: number | undefined;

  constructor(deps: EarlyKeysDeps) {
    this.#deps = deps;
  }

  /** Resolves with the end of what is waited for; rejects with what makes going on impossible. */
  async exchangeBeside(cohort: Cohort, ends: Promise<void>, signal: AbortSignal): Promise<void> {
    const { config } = this.#deps.engine;
    if (!config.secureAggregation.earlyKeys) return ends;
    const waiting = linkSignal(signal);
    try {
      await this.#exchange(cohort, ends, waiting.signal);
    } finally {
      waiting.stop();
    }
  }

  /**
   * The first report says that the others are not far: keys of the next round are exchanged until they are here, or a while later where the newest round
   * says that they are far. Keys that grew old in vain are closed, and exchanged anew when one more report says that the rest is nearer.
   */
  async #exchange(cohort: Cohort, ends: Promise<void>, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps.engine;
    const { run } = cohort;
    const isBeforeEnd = (event: Promise<void>) => Promise.race([ends.then(() => false), event.then(() => true)]);
    // Nothing follows a sleep that the end cuts short.
    const sleep = (delayMs: number) => clock.sleep(delayMs, signal).catch(() => ends);
    if (!(await isBeforeEnd(run.reportsBeyond(0)))) return;
    const firstMs = clock.monotonicMs();
    const delayMs = earlyDelayMs(this.#waitedMs);
    void run.announced.then(() => {
      this.#waitedMs = clock.monotonicMs() - firstMs;
    });
    let due = sleep(delayMs);
    while ((await isBeforeEnd(due)) && cohort.view.stage === CohortStage.Running && !signal.aborted) {
      await this.#open(cohort);
      due = sleep(EARLY_LIFE_MS).then(() => run.reportsBeyond(run.reports));
    }
    await ends;
  }

  /** Nobody is looked for where no line follows. */
  async #open({ record: { line }, parked, run }: Cohort): Promise<void> {
    const { windows, cohorts, rounds, choose } = this.#deps;
    const plan = windows.open;
    const isHeldUp = parked !== undefined || cohorts.spent !== undefined;
    if (plan === undefined || !isNextKnown({ line, rounds: rounds(), through: plan.through, isHeldUp })) return;
    const parties = run.state.setup.roster.map(({ id }) => id);
    const chosen = chosenEarly({ parties, ...choose(plan, line + 1) });
    if (chosen === undefined) return;
    await windows
      .whileOpen(plan, () => cohorts.openEarly(line + 1, plan, chosen))
      .catch((cause) => this.#doWithout(cause));
  }

  /**
   * A volume that is full or broken costs the opening alone: nobody was told of it, no journal has it among its cohorts, and what it left in its
   * folder is removed with the next round's opening. The round in work finds out for itself what of it cannot be written.
   */
  #doWithout(cause: unknown): void {
    if (!isStorageError(cause)) throw cause;
    const { code } = cause;
    this.#deps.engine.log.warn({ err: cause, code }, "keys of the next round are not exchanged");
  }
}
