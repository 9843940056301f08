import {
  decodeMetrics,
  type MetricSegment,
  metricNames,
  parseParameters,
  type ReportLayout,
  ranksOf,
  serverOptimiserByName,
} from "@tributary/federated";
import { type Clock, type Logger, realDisk } from "@tributary/kit";
import type { JobConfig } from "../config/job-config.ts";
import type { KnownFile } from "../store/known-file.ts";
import type { LedgerLine, LedgerMetric } from "../store/ledger-line.ts";
import type { PreparedRound, RoundMarks, RoundStore } from "../store/round-store.ts";
import type { AttemptRecord } from "./attempt-files.ts";
import type { JobModels } from "./job-models.ts";
import { goesOnFrom } from "./last-state.ts";
import { type ModelStepResult, type OpenedSum, stepModel } from "./model-step.ts";
import { ModelStepping } from "./model-stepping.ts";
import { nextSteps } from "./next-steps.ts";
import { verifySum } from "./recorded-sum.ts";
import type { RoundRun } from "./round-run.ts";
import { readSums } from "./segment-sum.ts";

/** An attempt at a round that is open. */
export interface OpenRound {
  readonly run: RoundRun;
  /** What its parties were asked for. */
  readonly layout: ReportLayout;
  readonly attempt: AttemptRecord;
}

/** What a ledger line says besides what the sums say. */
export interface RoundFigures {
  readonly localSteps: number;
  readonly bytes: { readonly up: number; readonly down: number };
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
  readonly #open: OpenRound;
  /** ‖mean update‖² of the update segments that are stepped. */
  readonly #meanSquaredNorms: number[] = [];
  /** Of the model and the state that are stepped. */
  #marks: RoundMarks | undefined;
  #prepared: Promise<PreparedRound> | undefined;
  #stepping: ModelStepping | undefined;

  constructor(deps: CommitDeps, open: OpenRound) {
    this.#deps = deps;
    this.#open = open;
  }

  /** The sum of a segment is open: steps its part of the model once those before it are stepped. */
  segmentOpened(segment: number): void {
    const index = this.#open.layout.updates.findIndex((update) => update.segment.id === segment);
    if (index >= 0) this.#steppingOf().offer(index, openedSum(this.#open, index));
  }

  /** Durable point 2: steps what is left and commits model, optimiser state and ledger line by one rename. */
  async commit(figures: RoundFigures): Promise<LedgerLine> {
    const { store, models } = this.#deps;
    const metrics = await readMetrics(this.#open);
    const baseSha256 = Buffer.from(models.base().sha256).toString("hex");
    const stepped = this.#evaluatesOnly ? keptModel(store, baseSha256) : await this.#stepRest();
    const line = this.#lineOf(figures, metrics, { baseSha256, ...stepped });
    await store.commit(await this.#prepare(), line, this.#marks);
    return line;
  }

  /** Stops stepping; resolves once nothing is written any more. */
  async abandon(): Promise<void> {
    await this.#stepping?.abandon();
  }

  #lineOf(
    { localSteps, bytes }: RoundFigures,
    metrics: Readonly<Record<string, number>>,
    models: ModelStepResult & { readonly baseSha256: string },
  ): LedgerLine {
    const { config, store, clock } = this.#deps;
    const { layout, attempt, run } = this.#open;
    const steps = this.#steps;
    // The last metrics tell of all the work of the round.
    const survivors = survivorsOf(run, layout.metrics.at(-1)!.segment.id);
    return {
      version: 1,
      jobUid: config.job.uid,
      round: attempt.round,
      attempt: attempt.attempt,
      outcome: this.#evaluatesOnly ? "Evaluated" : "Committed",
      previous: store.head,
      ...models,
      strategy: config.strategy.name,
      survivors: survivors.map((party) => attempt.parties[party] ?? { participant: "", workerIndex: party }),
      dropOuts: run.state.setup.roster.length - survivors.length,
      metrics: openedMetrics(layout, metrics),
      stepExponents: steps.map(Math.log2),
      nextStepExponents: this.#nextSteps(steps, metrics, survivors.length).map(Math.log2),
      saturated: layout.updates.reduce((sum, _, index) => sum + (metrics[metricNames.saturated(index)] ?? 0), 0),
      localSteps,
      bytesUp: bytes.up,
      bytesDown: bytes.down,
      startedMs: attempt.startedMs,
      committedMs: clock.nowMs(),
    };
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
      const { round } = this.#open.attempt;
      this.#deps.log.warn({ round, segment, last: steps[segment], asked, step }, message);
    }
    return next.map(({ step }) => step);
  }

  #stepRest(): Promise<ModelStepResult> {
    const { updates } = this.#open.layout;
    return this.#steppingOf().finish(updates.map((_, index) => openedSum(this.#open, index)));
  }

  #prepare(): Promise<PreparedRound> {
    this.#prepared ??= this.#deps.store.prepareCommit();
    return this.#prepared;
  }

  #steppingOf(): ModelStepping {
    this.#stepping ??= new ModelStepping(async (sums) => this.#step(await this.#prepare(), sums));
    return this.#stepping;
  }

  #step(prepared: PreparedRound, sums: AsyncIterable<OpenedSum>): Promise<ModelStepResult> {
    const { config, models } = this.#deps;
    const optimiser = serverOptimiserByName(config.strategy.name);
    return stepModel({
      optimiser,
      parameters: parseParameters(optimiser, config.strategy.parameters),
      round: this.#open.attempt.round,
      base: models.baseFile(),
      state: this.#lastState(),
      sums,
      noteMean: (squaredNorm) => void this.#meanSquaredNorms.push(squaredNorm),
      noteMarks: (marks) => {
        this.#marks = marks;
      },
      modelOut: prepared.modelPath,
      stateOut: prepared.optimiserPath,
    });
  }

  /** State of the optimiser to go on from; `undefined` when it starts from its initial state. */
  #lastState(): KnownFile | undefined {
    const { config, store, log } = this.#deps;
    const last = store.newestModelRound();
    if (last === undefined) return undefined;
    const { strategy, optimiserSha256 } = store.rounds[last]!.line;
    if (goesOnFrom({ strategy, optimiserSha256 }, config.strategy.name)) return store.optimiserFile(last);
    if (optimiserSha256 !== "") {
      const { round } = this.#open.attempt;
      const message = `the strategy is ${config.strategy.name} now and starts anew; the state of ${strategy} after round ${last} is not used`;
      log.info({ round, strategy: config.strategy.name, unused: { strategy, round: last, optimiserSha256 } }, message);
    }
    return undefined;
  }
}

function openedSum({ run, layout }: OpenRound, index: number): OpenedSum {
  const { segment, offset, step } = layout.updates[index]!;
  return {
    path: run.sumPath(segment.id),
    sha256: recordedSha256(run, segment.id),
    offset,
    parameters: segment.valueCount,
    ringBits: segment.ringBits,
    step,
    parties: survivorsOf(run, segment.id).length,
  };
}

function keptModel(store: RoundStore, baseSha256: string): ModelStepResult {
  const round = store.newestModelRound();
  return {
    modelSha256: baseSha256,
    optimiserSha256: round === undefined ? "" : store.rounds[round]!.line.optimiserSha256,
  };
}

/** Ids of the parties whose input is in the sum of a segment. */
function survivorsOf({ state }: RoundRun, segment: number): number[] {
  const index = state.setup.segments.findIndex(({ id }) => id === segment);
  const bitmap = state.segments[index]?.survivors;
  return bitmap ? ranksOf(bitmap).map((rank) => state.setup.roster[rank]!.id) : [];
}

function recordedSha256({ state }: RoundRun, segment: number): Uint8Array {
  return state.segments[state.setup.segments.findIndex(({ id }) => id === segment)]!.sumSha256!;
}

async function readMetrics({ run, layout }: OpenRound): Promise<Record<string, number>> {
  const opened = await Promise.all(layout.metrics.map((metrics) => readSection(run, metrics)));
  return Object.assign({}, ...opened) as Record<string, number>;
}

async function readSection(run: RoundRun, { segment, codings }: MetricSegment): Promise<Record<string, number>> {
  const { id, valueCount: values, ringBits } = segment;
  const path = run.sumPath(id);
  await verifySum({ path, values, ringBits, sha256: recordedSha256(run, id) });
  const file = await realDisk.open(path, "r");
  const sums = await readSums(file, 0, values, ringBits).finally(() => file.close());
  return decodeMetrics(codings, sums);
}

function openedMetrics(layout: ReportLayout, values: Readonly<Record<string, number>>): Record<string, LedgerMetric> {
  const names = layout.metrics.flatMap(({ metrics }) => metrics);
  const metrics = names.map((name) => {
    const metric: LedgerMetric = {
      sum: values[metricNames.sum(name)] ?? 0,
      count: values[metricNames.count(name)] ?? 0,
    };
    return [name, metric] as const;
  });
  return Object.fromEntries(metrics.filter(([, { count }]) => count > 0));
}
