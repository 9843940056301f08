import { decodeMetrics, parseParameters, ranksOf, serverOptimiserByName } from "@tributary/federated";
import { type Clock, type Logger, realDisk } from "@tributary/kit";
import { METRICS_SEGMENT_ID, metricNames, REPORTED_METRICS } from "../../shared/report/report-layout.ts";
import type { JobConfig } from "../config/job-config.ts";
import type { LedgerLine, LedgerMetric } from "../store/ledger-line.ts";
import type { PreparedRound, RoundStore } from "../store/round-store.ts";
import type { AttemptRecord } from "./attempt-files.ts";
import type { JobModels } from "./job-models.ts";
import { type ModelStepResult, type OpenedSum, stepModel } from "./model-step.ts";
import { ModelStepping } from "./model-stepping.ts";
import { nextSteps } from "./next-steps.ts";
import { verifySum } from "./recorded-sum.ts";
import type { RoundRun } from "./round-run.ts";
import type { RoundTerms } from "./round-terms.ts";
import { readSums } from "./segment-sum.ts";

/** An attempt at a round that is open. */
export interface OpenRound {
  readonly run: RoundRun;
  readonly terms: RoundTerms;
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
  #prepared: Promise<PreparedRound> | undefined;
  #stepping: ModelStepping | undefined;

  constructor(deps: CommitDeps, open: OpenRound) {
    this.#deps = deps;
    this.#open = open;
  }

  /** The sum of a segment is open: steps its part of the model once those before it are stepped. */
  segmentOpened(segment: number): void {
    const index = this.#open.terms.layout.updates.findIndex((update) => update.index === segment);
    if (index >= 0) this.#steppingOf().offer(index, openedSum(this.#open, index));
  }

  /** Durable point 2: steps what is left and commits model, optimiser state and ledger line by one rename. */
  async commit(figures: RoundFigures): Promise<LedgerLine> {
    const { store, models } = this.#deps;
    const metrics = await readMetrics(this.#open);
    const baseSha256 = Buffer.from(models.base().sha256).toString("hex");
    const stepped = this.#open.terms.evaluateOnly ? keptModel(store, baseSha256) : await this.#stepRest();
    const line = this.#lineOf(figures, metrics, { baseSha256, ...stepped });
    await store.commit(await this.#prepare(), line);
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
    const { terms, attempt, run } = this.#open;
    const survivors = survivorsOf(run, METRICS_SEGMENT_ID);
    return {
      version: 1,
      jobUid: config.job.uid,
      round: attempt.round,
      attempt: attempt.attempt,
      outcome: terms.evaluateOnly ? "Evaluated" : "Committed",
      previous: store.head,
      ...models,
      strategy: config.strategy.name,
      survivors: survivors.map((party) => attempt.parties[party] ?? { participant: "", workerIndex: party }),
      dropOuts: run.state.setup.roster.length - survivors.length,
      metrics: openedMetrics(metrics),
      stepExponents: terms.steps.map(Math.log2),
      nextStepExponents: this.#nextSteps(metrics, survivors.length).map(Math.log2),
      saturated: sumOver(terms, (segment) => metrics[metricNames.saturated(segment)] ?? 0),
      localSteps,
      bytesUp: bytes.up,
      bytesDown: bytes.down,
      startedMs: attempt.startedMs,
      committedMs: clock.nowMs(),
    };
  }

  #nextSteps(metrics: Readonly<Record<string, number>>, parties: number): readonly number[] {
    const { evaluateOnly, steps, layout } = this.#open.terms;
    if (evaluateOnly) return steps;
    const meanSquaredNorms = this.#meanSquaredNorms;
    const next = nextSteps({ updates: layout.updates, steps, metrics, parties, meanSquaredNorms });
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
    const { updates } = this.#open.terms.layout;
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
    const { config, store, models } = this.#deps;
    const optimiser = serverOptimiserByName(config.strategy.name);
    const last = store.newestModelRound();
    return stepModel({
      optimiser,
      parameters: parseParameters(optimiser, config.strategy.parameters),
      round: this.#open.attempt.round,
      basePath: models.base().path,
      statePath: last === undefined || optimiser.stateSlots.length === 0 ? undefined : store.optimiserPath(last),
      sums,
      noteMean: (squaredNorm) => void this.#meanSquaredNorms.push(squaredNorm),
      modelOut: prepared.modelPath,
      stateOut: prepared.optimiserPath,
    });
  }
}

function openedSum({ run, terms }: OpenRound, index: number): OpenedSum {
  const segment = terms.layout.updates[index]!;
  return {
    path: run.sumPath(segment.index),
    sha256: recordedSha256(run, segment.index),
    offset: segment.offset,
    parameters: segment.parameters,
    ringBits: segment.ringBits,
    step: terms.steps[index]!,
    parties: survivorsOf(run, segment.index).length,
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

async function readMetrics({ run, terms }: OpenRound): Promise<Record<string, number>> {
  const { metrics, codings } = terms.layout;
  const { values, ringBits } = metrics;
  const path = run.sumPath(METRICS_SEGMENT_ID);
  await verifySum({ path, values, ringBits, sha256: recordedSha256(run, METRICS_SEGMENT_ID) });
  const file = await realDisk.open(path, "r");
  const sums = await readSums(file, 0, metrics.values, metrics.ringBits).finally(() => file.close());
  return decodeMetrics(codings, sums);
}

function openedMetrics(values: Readonly<Record<string, number>>): Record<string, LedgerMetric> {
  const metrics = REPORTED_METRICS.map((name) => {
    const metric: LedgerMetric = {
      sum: values[metricNames.sum(name)] ?? 0,
      count: values[metricNames.count(name)] ?? 0,
    };
    return [name, metric] as const;
  });
  return Object.fromEntries(metrics.filter(([, { count }]) => count > 0));
}

function sumOver(terms: RoundTerms, value: (segment: number) => number): number {
  return terms.layout.updates.reduce((sum, _, index) => sum + value(index), 0);
}
