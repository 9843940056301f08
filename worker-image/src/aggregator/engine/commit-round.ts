import { open } from "node:fs/promises";
import {
  decodeMetrics,
  nextStep,
  type OptimiserParameters,
  parseParameters,
  ranksOf,
  type SegmentResult,
  serverOptimiserByName,
} from "@tributary/federated";
import type { Clock } from "@tributary/kit";
import { METRICS_SEGMENT_ID, metricNames, REPORTED_METRICS } from "../../shared/report/report-layout.ts";
import type { JobConfig } from "../config/job-config.ts";
import type { LedgerLine, LedgerMetric } from "../store/ledger-line.ts";
import type { RoundStore } from "../store/round-store.ts";
import type { AttemptRecord } from "./attempt-files.ts";
import type { JobModels } from "./job-models.ts";
import { type ModelStepResult, stepModel } from "./model-step.ts";
import type { RoundRun } from "./round-run.ts";
import type { RoundTerms } from "./round-terms.ts";
import { readSums } from "./segment-sum.ts";

/** An attempt whose sums are all open. */
export interface OpenedRound {
  readonly run: RoundRun;
  readonly terms: RoundTerms;
  readonly attempt: AttemptRecord;
  readonly results: readonly SegmentResult[];
  readonly localSteps: number;
  readonly bytes: { readonly up: number; readonly down: number };
}

/** What a commit works with. */
export interface CommitDeps {
  readonly config: JobConfig;
  readonly store: RoundStore;
  readonly models: JobModels;
  readonly clock: Clock;
}

/** Durable point 2: steps the model by the opened sums and commits model, optimiser state and ledger line by one rename. */
export async function commitRound(deps: CommitDeps, opened: OpenedRound): Promise<LedgerLine> {
  const { store, models, clock, config } = deps;
  const { terms, attempt, run } = opened;
  const metrics = await readMetrics(opened);
  const prepared = await store.prepareCommit();
  const base = models.base();
  const baseSha256 = Buffer.from(base.sha256).toString("hex");
  const stepped = terms.evaluateOnly ? keptModel(store, baseSha256) : await stepInto(deps, opened, prepared, base.path);
  const survivors = survivorsOf(opened, METRICS_SEGMENT_ID);
  const line: LedgerLine = {
    version: 1,
    jobUid: config.job.uid,
    round: attempt.round,
    attempt: attempt.attempt,
    outcome: terms.evaluateOnly ? "Evaluated" : "Committed",
    previous: store.head,
    baseSha256,
    ...stepped,
    strategy: config.strategy.name,
    survivors: survivors.map((party) => attempt.parties[party] ?? { participant: "", workerIndex: party }),
    dropOuts: run.state.setup.roster.length - survivors.length,
    metrics: openedMetrics(metrics),
    stepExponents: terms.steps.map(Math.log2),
    nextStepExponents: nextSteps(opened, metrics, survivors.length).map(Math.log2),
    saturated: sumOver(terms, (segment) => metrics[metricNames.saturated(segment)] ?? 0),
    localSteps: opened.localSteps,
    bytesUp: opened.bytes.up,
    bytesDown: opened.bytes.down,
    startedMs: attempt.startedMs,
    committedMs: clock.nowMs(),
  };
  await store.commit(prepared, line);
  return line;
}

function keptModel(store: RoundStore, baseSha256: string): ModelStepResult {
  const round = store.newestModelRound();
  return {
    modelSha256: baseSha256,
    optimiserSha256: round === undefined ? "" : store.rounds[round]!.line.optimiserSha256,
  };
}

async function stepInto(
  { config, store }: CommitDeps,
  opened: OpenedRound,
  prepared: { readonly modelPath: string; readonly optimiserPath: string },
  basePath: string,
): Promise<ModelStepResult> {
  const { terms, run, attempt } = opened;
  const optimiser = serverOptimiserByName(config.strategy.name);
  const parameters: OptimiserParameters = parseParameters(optimiser, config.strategy.parameters);
  const last = store.newestModelRound();
  return stepModel({
    optimiser,
    parameters,
    round: attempt.round,
    basePath,
    statePath: last === undefined || optimiser.stateSlots.length === 0 ? undefined : store.optimiserPath(last),
    sums: terms.layout.updates.map((segment, index) => ({
      path: run.sumPath(segment.index),
      offset: segment.offset,
      parameters: segment.parameters,
      ringBits: segment.ringBits,
      step: terms.steps[index]!,
      parties: survivorsOf(opened, segment.index).length,
    })),
    modelOut: prepared.modelPath,
    stateOut: prepared.optimiserPath,
  });
}

/** Party ids in the sum of a segment. */
function survivorsOf({ run, results }: OpenedRound, segment: number): number[] {
  const bitmap = results.find((result) => result.segment === segment)?.opened?.bitmap;
  return bitmap === undefined ? [] : ranksOf(bitmap).map((rank) => run.state.setup.roster[rank]!.id);
}

async function readMetrics({ run, terms }: OpenedRound): Promise<Record<string, number>> {
  const { metrics, codings } = terms.layout;
  const file = await open(run.sumPath(METRICS_SEGMENT_ID), "r");
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

function nextSteps({ terms }: OpenedRound, metrics: Readonly<Record<string, number>>, parties: number): number[] {
  if (terms.evaluateOnly) return [...terms.steps];
  return terms.layout.updates.map((segment, index) =>
    nextStep(terms.steps[index]!, segment.valueBits, {
      squaredNorms: Math.max(0, metrics[metricNames.squaredNorm(index)] ?? 0),
      parties,
      values: segment.parameters,
      saturated: Math.max(0, metrics[metricNames.saturated(index)] ?? 0),
    }),
  );
}

function sumOver(terms: RoundTerms, value: (segment: number) => number): number {
  return terms.layout.updates.reduce((sum, _, index) => sum + value(index), 0);
}
