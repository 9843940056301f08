import { decodeMetrics, type MetricSegment, metricNames, type ReportLayout } from "@tributary/federated";
import { realDisk } from "@tributary/kit";
import type { LedgerMetric } from "../../store/ledger-line.ts";
import { verifySum } from "../run/recorded-sum.ts";
import type { RoundRun } from "../run/round-run.ts";
import { readSums } from "../run/segment-sum.ts";
import { recordedSha256 } from "./cohort-sums.ts";
import type { SummedCohort } from "./summed-cohort.ts";

/** Values of all metric segments by name, from the opened sums; SUM_DAMAGED when one is not what was recorded. */
export async function readMetrics({ run, layout }: SummedCohort): Promise<Record<string, number>> {
  const opened = await Promise.all(layout.metrics.map((metrics) => readSection(run, metrics)));
  return Object.assign({}, ...opened) as Record<string, number>;
}

/** Sum and count of each metric that anybody reported. */
export function openedMetrics(
  layout: ReportLayout,
  values: Readonly<Record<string, number>>,
): Record<string, LedgerMetric> {
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

async function readSection(run: RoundRun, { segment, codings }: MetricSegment): Promise<Record<string, number>> {
  const { id, valueCount: values, ringBits } = segment;
  const path = run.sums.openedPathOf(run.state.setup, id);
  await verifySum({ path, values, ringBits, sha256: recordedSha256(run, id) });
  const file = await realDisk.open(path, "r");
  const sums = await readSums(file, 0, values, ringBits).finally(() => file.close());
  return decodeMetrics(codings, sums);
}
