import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { equals, fromBinary, toBinary } from "@bufbuild/protobuf";
import { controlV1 } from "@tributary/contracts";
import { TributaryError, writeFileDurably } from "@tributary/kit";

type WindowPlan = controlV1.WindowPlan;
const { WindowPlanSchema } = controlV1;

/** What to do with a plan that the operator hands in. */
export const PlanDecision = {
  /** The plan is known: nothing changes. */
  Known: "Known",
  /** The plan becomes the open window, or replaces an earlier attempt at it. */
  Open: "Open",
  /** The plan waits for the open window to end. */
  Queue: "Queue",
} as const;
/** One of the values of {@link PlanDecision}. */
export type PlanDecision = (typeof PlanDecision)[keyof typeof PlanDecision];

/** The windows that the aggregator knows of. */
export interface KnownWindows {
  /** The open window, or the last one. */
  readonly current: WindowPlan | undefined;
  /** The window after it. */
  readonly next: WindowPlan | undefined;
  /** Rounds in the ledger, hence the number of the next round. */
  readonly rounds: number;
  /** Whether the current window has ended, by its last round or by convergence. */
  readonly isEnded: boolean;
}

/**
 * Decides on a plan: a pure function of what is known.
 *
 * @throws MESSAGE_INVALID for a plan that makes no sense, ROUND_CONFLICT for one that contradicts open or committed rounds.
 */
export function decideOnPlan(plan: WindowPlan, known: KnownWindows): PlanDecision {
  requireSane(plan);
  const { current, next, rounds, isEnded } = known;
  if (current !== undefined && equals(WindowPlanSchema, plan, current)) return PlanDecision.Known;
  if (next !== undefined && equals(WindowPlanSchema, plan, next)) return PlanDecision.Known;
  if (current === undefined || isEnded) {
    if (plan.from === rounds) return PlanDecision.Open;
    throw conflict(plan, `the next round is ${rounds}`);
  }
  const isNewAttempt = plan.from === current.from && plan.attempt > current.attempt && plan.through >= rounds;
  if (isNewAttempt) return PlanDecision.Open;
  if (plan.from === current.through + 1) return PlanDecision.Queue;
  throw conflict(plan, `rounds ${current.from} to ${current.through} are open`);
}

function requireSane(plan: WindowPlan): void {
  if (plan.through < plan.from) throw invalid(`through is ${plan.through}, must be at least from, ${plan.from}`);
  if (plan.quorum < 1) throw invalid("quorum is 0, must be at least 1");
  if (plan.deadlineMs < 1n) throw invalid("deadline_ms is 0, must be at least 1");
  if (plan.localSteps < 1 && !plan.evaluateOnly) throw invalid("local_steps is 0, must be at least 1");
}

function invalid(why: string): TributaryError {
  return new TributaryError("MESSAGE_INVALID", `window plan: ${why}`);
}

function conflict(plan: WindowPlan, why: string): TributaryError {
  return new TributaryError("ROUND_CONFLICT", `window ${plan.from} to ${plan.through}: ${why}`);
}

/** Keeps the open window and the one after it on disk. */
export class WindowFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** What a former process knew. */
  async load(): Promise<{ current: WindowPlan | undefined; next: WindowPlan | undefined }> {
    return { current: await this.#read("current"), next: await this.#read("next") };
  }

  /** Replaces both, durably. */
  async save(current: WindowPlan, next: WindowPlan | undefined): Promise<void> {
    if (next === undefined) await rm(this.#path("next"), { force: true });
    else await writeFileDurably(this.#path("next"), toBinary(WindowPlanSchema, next));
    await writeFileDurably(this.#path("current"), toBinary(WindowPlanSchema, current));
  }

  async #read(name: string): Promise<WindowPlan | undefined> {
    try {
      return fromBinary(WindowPlanSchema, await readFile(this.#path(name)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw new TributaryError("LEDGER_CORRUPT", `${this.#path(name)} cannot be read`, { cause: error });
    }
  }

  #path(name: string): string {
    return join(this.#directory, `window-${name}.bin`);
  }
}
