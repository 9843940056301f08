import {
  horizontal,
  metricNames,
  parseParameters,
  type RecipeState,
  requireRecipeState,
  serverOptimiserByName,
} from "@tributary/federated";
import type { Clock, Logger } from "@tributary/kit";
import type { JobConfig } from "../../config/job-config.ts";
import type { KnownFile } from "../../store/known-file.ts";
import { LEDGER_VERSION, type LedgerLine, type LedgerMetric, MODEL, type SetBytes } from "../../store/ledger-line.ts";
import type { RoundFolder } from "../../store/round-folder.ts";
import type { RoundMarks, RoundStore } from "../../store/round-store.ts";
import type { JobModels } from "../job-models.ts";
import { ledgerCohort, partiesOf, recordedSha256 } from "./cohort-sums.ts";
import { goesOnFrom } from "./last-state.ts";
import { type ModelStepResult, type OpenedSum, stepModel } from "./model-step.ts";
import { ModelStepping } from "./model-stepping.ts";
import { nextSteps } from "./next-steps.ts";
import { openedMetrics, readMetrics } from "./opened-metrics.ts";
import type { SummedCohort } from "./summed-cohort.ts";

/** What a ledger line says besides what the sums say. */
export interface RoundFigures {
  readonly localSteps: number;
  /** By set. */
  readonly bytes: Readonly<Record<string, SetBytes>>;
}

/** What a commit works with. */
export interface CommitDeps {
  readonly config: JobConfig;
  readonly store: RoundStore;
  readonly models: JobModels;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * The commit of one attempt. The model is stepped segment by segment as sums are opened, while the last ones are still on their way;
 * nothing of it shows before {@link RoundCommit.commit}, and an attempt that closes empty leaves nothing that counts.
 */
export class RoundCommit {
  readonly #deps: CommitDeps;
  readonly #open: SummedCohort;
  /** ‖mean update‖² of the update segments that are stepped. */
  readonly #meanSquaredNorms: number[] = [];
  /** Of the model and the state that are stepped. */
  #marks: RoundMarks | undefined;
  #prepared: Promise<RoundFolder> | undefined;
  #stepping: ModelStepping | undefined;

  constructor(deps: CommitDeps, open: SummedCohort) {
    this.#deps = deps;
    this.#open = open;
  }

  /** The sum of a segment is open: steps its part of the model once those before it are stepped. */
  segmentOpened(segment: number): void {
    const index = this.#open.layout.updates.findIndex((update) => update.segment.id === segment);
    if (index >= 0) this.#steppingOf().offer(index, openedSum(this.#open, index));
  }

  /** Durable point 2: steps what is left and commits objects, optimiser state and ledger line by one rename. */
  async commit(figures: RoundFigures): Promise<LedgerLine> {
    const values = await readMetrics(this.#open);
    const stepped = this.#evaluatesOnly ? this.#unchanged : await this.#stepRest();
    const line = this.#lineOf(figures, values, stepped);
    await this.#deps.store.commit(await this.#prepare(), line, this.#marks);
    return line;
  }

  /** Stops stepping; resolves once nothing is written any more. */
  async abandon(): Promise<void> {
    await this.#stepping?.abandon();
  }

  #lineOf(
    { localSteps, bytes }: RoundFigures,
    values: Readonly<Record<string, number>>,
    { modelSha256, optimiser }: ModelStepResult,
  ): LedgerLine {
    const { config, store, clock, models } = this.#deps;
    const { layout, record, reads } = this.#open;
    const steps = this.#steps;
    const cohort = ledgerCohort(this.#open);
    const metrics = openedMetrics(layout, values);
    const { phase } = models.scriptOf(record.plan);
    return {
      version: LEDGER_VERSION,
      jobUid: config.job.uid,
      round: record.line,
      outcome: this.#evaluatesOnly ? "Evaluated" : "Committed",
      previous: store.head,
      reads,
      objects: { ...models.objects(), [MODEL]: modelSha256 },
      optimiser,
      strategy: config.strategy.name,
      paradigm: horizontal.paradigm,
      phase,
      recipeState: this.#concluded(phase, metrics, cohort.survivors.length),
      cohorts: [cohort],
      combine: { rule: "Mean", weights: this.#evaluatesOnly ? [] : [1] },
      metrics,
      stepExponents: steps.map(Math.log2),
      nextStepExponents: this.#nextSteps(steps, values, cohort.survivors.length).map(Math.log2),
      saturated: layout.updates.reduce((sum, _, index) => sum + (values[metricNames.saturated(index)] ?? 0), 0),
      localSteps,
      bytes,
      startedMs: record.startedMs,
      committedMs: clock.nowMs(),
    };
  }

  #concluded(phase: string, metrics: Readonly<Record<string, LedgerMetric>>, survivors: number): RecipeState {
    const { models } = this.#deps;
    const means = Object.entries(metrics).map(([name, { sum, count }]) => [name, sum / count] as const);
    const outcome = { phase, metrics: Object.fromEntries(means), survivors };
    return requireRecipeState(horizontal.conclude(models.recipeJob(), models.recipeState(), outcome));
  }

  /** What a round leaves that changes nothing. */
  get #unchanged(): ModelStepResult {
    const { models, store } = this.#deps;
    return { modelSha256: models.objects()[MODEL]!, optimiser: store.rounds.at(-1)?.line.optimiser ?? {} };
  }

  get #evaluatesOnly(): boolean {
    return this.#open.layout.updates.length === 0;
  }

  /** Quantiser step of each update segment. A plan without updates has none: those of the next round stay what they are. */
  get #steps(): readonly number[] {
    return this.#evaluatesOnly ? this.#deps.models.steps() : this.#open.layout.updates.map(({ step }) => step);
  }

  #nextSteps(steps: readonly number[], metrics: Readonly<Record<string, number>>, parties: number): readonly number[] {
    if (this.#evaluatesOnly) return steps;
    const meanSquaredNorms = this.#meanSquaredNorms;
    const updates = this.#open.layout.updates.map(({ segment }) => segment);
    const next = nextSteps({ updates, steps, metrics, parties, meanSquaredNorms });
    for (const [segment, { step, asked, isUnknown }] of next.entries()) {
      if (!isUnknown && asked === step) continue;
      const message = isUnknown
        ? "no parties can have come to these sizes of updates; the quantiser step stays, or follows the mean update"
        : "reported sizes of updates ask for more than one round may change the quantiser step by";
      const { line: round } = this.#open.record;
      this.#deps.log.warn({ round, segment, last: steps[segment], asked, step }, message);
    }
    return next.map(({ step }) => step);
  }

  #stepRest(): Promise<ModelStepResult> {
    const { updates } = this.#open.layout;
    return this.#steppingOf().finish(updates.map((_, index) => openedSum(this.#open, index)));
  }

  #prepare(): Promise<RoundFolder> {
    this.#prepared ??= this.#deps.store.prepareCommit({ writes: !this.#evaluatesOnly });
    return this.#prepared;
  }

  #steppingOf(): ModelStepping {
    this.#stepping ??= new ModelStepping(async (sums) => this.#step(await this.#prepare(), sums));
    return this.#stepping;
  }

  #step(prepared: RoundFolder, sums: AsyncIterable<OpenedSum>): Promise<ModelStepResult> {
    const { config, models } = this.#deps;
    const optimiser = serverOptimiserByName(config.strategy.name);
    return stepModel({
      optimiser,
      parameters: parseParameters(optimiser, config.strategy.parameters),
      round: this.#open.record.line,
      base: models.baseFile(),
      state: this.#lastState(),
      sums,
      noteMean: (squaredNorm) => void this.#meanSquaredNorms.push(squaredNorm),
      noteMarks: (marks) => {
        this.#marks = marks;
      },
      modelOut: prepared.objectPath(MODEL),
      slotOut: (slot) => prepared.slotPath(slot),
    });
  }

  /** State of the optimiser to go on from, by slot; `undefined` when it starts from its initial state. */
  #lastState(): Readonly<Record<string, KnownFile>> | undefined {
    const { config, store, log } = this.#deps;
    const last = store.newestModelRound();
    if (last === undefined) return undefined;
    const { strategy, optimiser } = store.rounds[last]!.line;
    if (goesOnFrom({ strategy, optimiser }, serverOptimiserByName(config.strategy.name)))
      return store.optimiserFiles(last);
    if (Object.keys(optimiser).length > 0) {
      const { line: round } = this.#open.record;
      const message = `the strategy is ${config.strategy.name} now and starts anew; the state of ${strategy} after round ${last} is not used`;
      log.info({ round, strategy: config.strategy.name, unused: { strategy, round: last, optimiser } }, message);
    }
    return undefined;
  }
}

function openedSum({ run, layout }: SummedCohort, index: number): OpenedSum {
  const { segment, offset, step } = layout.updates[index]!;
  return {
    path: run.sums.openedPathOf(run.state.setup, segment.id),
    sha256: recordedSha256(run, segment.id),
    offset,
    parameters: segment.valueCount,
    ringBits: segment.ringBits,
    step,
    parties: partiesOf(run, segment.id).length,
  };
}
