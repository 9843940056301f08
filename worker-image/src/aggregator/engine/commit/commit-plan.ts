import type { CommitPlan } from "@tributary/federated";
import { isTributaryError, TributaryError } from "@tributary/kit";
import { survivorsOf } from "../../store/ledger-line.ts";
import type { Cohort } from "../cohorts/cohort.ts";
import type { CohortRuns } from "../cohorts/cohort-runs.ts";
import type { EngineDeps, EngineProblem } from "../engine-deps.ts";
import type { JobOutput } from "../job-output.ts";
import type { OutputWait } from "../output-wait.ts";
import type { WindowDesk } from "../windows/window-desk.ts";
import { ByteMeter } from "./byte-meter.ts";

/** What commits work with. */
export interface CommitterDeps {
  readonly engine: EngineDeps;
  readonly windows: WindowDesk;
  readonly cohorts: CohortRuns;
  readonly output: JobOutput;
  readonly outputWait: OutputWait;
}

/** What became of a plan to commit. */
export interface CommitEnd {
  readonly cohort: Cohort;
  /** Why its sum cannot be used: no other may take the place of one that was announced, and the same one would be as useless again. */
  readonly unusable: EngineProblem | undefined;
}

/** Makes ledger lines of the cohorts that a policy chooses, one at a time, and counts what their rounds sent and received. */
export class Committer {
  readonly #deps: CommitterDeps;
  readonly #bytes = new ByteMeter();
  #inWork: Promise<unknown> = Promise.resolve();

  constructor(deps: CommitterDeps) {
    this.#deps = deps;
  }

  /** Counts bytes of a set that a party sent or was sent; the next line says them. */
  count(set: string, direction: "up" | "down", bytes: number): void {
    this.#bytes.count(set, direction, bytes);
  }

  /** Resolves once a commit that has begun is over, well or not. */
  async settled(): Promise<void> {
    await this.#inWork;
  }

  /** Commits what a plan names, unless the job was ended before; STORAGE_FULL, STORAGE_UNAVAILABLE where the volume does not work. */
  async commit(plan: CommitPlan): Promise<CommitEnd> {
    const { windows, cohorts, outputWait } = this.#deps;
    const cohort = cohorts.require(onlyCohort(plan));
    await outputWait.settled();
    // Whoever ends the job afterwards waits for the commit; whoever ended it before has had the round given up.
    const begun = await windows.unlessFinished(async () => {
      const commit = this.#commit(cohort);
      // Its failure is the loop's, which waits for it too.
      this.#inWork = commit.catch(() => {});
      return { commit };
    });
    if (begun === undefined) return { cohort, unusable: { code: "OPERATION_ABORTED", message: "the job is finished" } };
    return { cohort, unusable: await begun.commit.then(() => undefined, whyUnusable) };
  }

  /** Reads the ledger again; a line whose commit failed after its name was given holds bytes that no other line must hold again. */
  async reload(): Promise<void> {
    const { store } = this.#deps.engine;
    const known = store.rounds.length;
    await store.reload();
    for (const { line } of store.rounds.slice(known)) this.#bytes.settle(line.bytes);
  }

  async #commit({ record, commit }: Cohort): Promise<void> {
    const { crash, log } = this.#deps.engine;
    crash("before-commit");
    this.#deps.output.willCommit();
    const { bytes } = this.#bytes;
    const line = await commit.commit({ localSteps: record.plan.localSteps, bytes });
    this.#bytes.settle(bytes);
    crash("after-commit");
    const reports = survivorsOf(line).length;
    log.info({ round: line.round, attempt: record.attempt, outcome: line.outcome, reports }, "round committed");
  }
}

/** A line is stepped from one sum of weight 1, while that is on its way: no policy asks for more. */
function onlyCohort({ cohorts, weights }: CommitPlan) {
  const [cohort] = cohorts;
  if (cohort === undefined || cohorts.length !== 1 || weights[0] !== 1)
    throw new TributaryError(
      "INVARIANT_BROKEN",
      `a line of ${cohorts.length} cohorts of weights ${weights.join(", ")}`,
    );
  return cohort;
}

function whyUnusable(error: unknown): EngineProblem {
  if (!isTributaryError(error, "SUM_DAMAGED") && !isTributaryError(error, "MODEL_NOT_FINITE")) throw error;
  return { code: error.code, message: error.message };
}
