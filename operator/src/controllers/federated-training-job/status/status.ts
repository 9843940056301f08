import { cutText, type FederatedTrainingJob } from "@tributary/contracts";
import { synchronousOf } from "@tributary/contracts/fields";
import { mergeConditions, type WrittenCondition } from "../../shared/merge-conditions.ts";
import type { PlacementRecord } from "../plan.ts";
import type { AggregatorReport, Condition, JobSnapshot, RoundReport } from "../snapshot.ts";
import { renderClusters, summariseClusters } from "./clusters.ts";
import { renderDisclosures } from "./disclosures.ts";
import { endClusters, type Outcome, summariseEnd } from "./ended-clusters.ts";
import { phaseOf } from "./phase.ts";

type JobStatus = NonNullable<FederatedTrainingJob["status"]>;

/**
 * The whole status of a job after a look: everything but times and terminal facts grows back from the ledger.
 *
 * @param record where objects of the job may lie after this look; what the status says of it when left out.
 */
export function renderStatus(
  snapshot: JobSnapshot,
  decided: readonly Condition[],
  record: PlacementRecord = recordOf(snapshot),
): JobStatus {
  const { job, aggregator } = snapshot;
  const present: JobStatus = job.status ?? {};
  const now = new Date(snapshot.nowMs).toISOString();
  const conditions = mergeConditions(
    (present.conditions ?? []) as WrittenCondition[],
    decided,
    job.metadata.generation,
    now,
  );
  const isAccepted = conditions.some((condition) => condition.type === "Accepted" && condition.status === "True");
  const outcome = outcomeOf(conditions);
  const shown: JobStatus = {
    ...present,
    ...(job.metadata.generation === undefined ? {} : { observedGeneration: job.metadata.generation }),
    ...phaseOf(conditions),
    conditions: conditions as NonNullable<JobStatus["conditions"]>,
  };
  // What a finished job says of its run stays: its aggregator and its workers go on purpose.
  if (present.completionTime !== undefined)
    return present.clusters === undefined || outcome === undefined
      ? shown
      : { ...shown, ...renderEnd(snapshot, present.clusters, outcome, record) };
  const clusters = renderClusters(snapshot);
  return {
    ...shown,
    ...(present.startTime === undefined && isAccepted ? { startTime: now } : {}),
    ...(isAccepted ? { disclosures: renderDisclosures(job.spec) } : {}),
    ...(outcome !== undefined ? { completionTime: now } : {}),
    ...(aggregator.state === "heard" ? renderProgress(snapshot, aggregator.report) : {}),
    ...(outcome === undefined
      ? { clustersSummary: summariseClusters(snapshot), clusters }
      : renderEnd(snapshot, clusters, outcome, record)),
  };
}

type Clusters = NonNullable<JobStatus["clusters"]>;

function renderEnd(
  snapshot: JobSnapshot,
  clusters: Clusters,
  outcome: Outcome,
  record: PlacementRecord,
): Pick<JobStatus, "clusters" | "clustersSummary"> {
  return {
    clustersSummary: summariseEnd(clusters, outcome),
    clusters: endClusters(snapshot, clusters, outcome, record),
  };
}

function outcomeOf(conditions: readonly WrittenCondition[]): Outcome | undefined {
  const holds = (outcome: Outcome) => conditions.some(({ type, status }) => type === outcome && status === "True");
  return holds("Failed") ? "Failed" : holds("Complete") ? "Complete" : undefined;
}

function recordOf({ job: { status } }: JobSnapshot): PlacementRecord {
  return { placements: status?.placements ?? [], unsearchedClusters: status?.unsearchedClusters ?? [] };
}

function renderProgress(snapshot: JobSnapshot, report: AggregatorReport): Partial<JobStatus> {
  const { spec } = snapshot.job;
  const claim = spec.output.persistentVolumeClaim;
  const newest = report.history.at(-1);
  const { bytesUp, bytesDown } = report.totals;
  return {
    round: {
      current: report.round,
      committed: report.committedRounds,
      failed: report.failedRounds,
      stage: report.stage,
      ...(report.phase === undefined ? {} : { phase: report.phase }),
      summary: `${report.committedRounds}/${synchronousOf(spec).maxRounds}`,
    },
    ...(newest === undefined
      ? {}
      : {
          metrics: renderMetrics(newest),
        }),
    ...renderConvergence(snapshot, report),
    bytes: { up: bytesUp, down: bytesDown },
    ...(report.best === undefined
      ? {}
      : {
          checkpoint: {
            uri: `pvc://${claim}/${snapshot.job.metadata.name}/${report.best.path}`,
            round: report.best.round,
            sha256: report.best.sha256,
          },
        }),
    ...(report.sourceSha256 === "" ? {} : { model: { sha256: report.sourceSha256 } }),
  };
}

/** Metrics that a status has room for; the last entry says how many there are beside, the ledger has all. */
const metricLimit = 32;

function renderMetrics({ metrics, round }: RoundReport): NonNullable<JobStatus["metrics"]> {
  const all = Object.entries(metrics).map(([name, value]) => ({
    name: cutText(name, 64),
    value: printMetric(value),
    round,
  }));
  if (all.length <= metricLimit) return all;
  const shown = all.slice(0, metricLimit - 1);
  return [...shown, { name: "…", value: `and ${all.length - shown.length} more`, round }];
}

/** A metric as statuses print it: six significant digits; the ledger keeps the exact sums. */
export function printMetric(value: string): string {
  const number = Number(value);
  return Number.isFinite(number) ? String(Number(number.toPrecision(6))) : value;
}

function renderConvergence(snapshot: JobSnapshot, report: AggregatorReport): Pick<JobStatus, "convergence"> {
  const metric = snapshot.job.spec.convergence?.metric ?? "validation_loss";
  const last = report.history.at(-1)?.metrics[metric];
  const initial = report.totals.initialMetrics[metric];
  if (last === undefined) return {};
  const { best, bestRound, roundsWithoutImprovement } = report.verdict;
  return {
    convergence: {
      metric,
      last: printMetric(last),
      ...(best === "" ? {} : { best: printMetric(best), bestRound }),
      ...(initial === undefined ? {} : { initial: printMetric(initial) }),
      roundsWithoutImprovement,
    },
  };
}
