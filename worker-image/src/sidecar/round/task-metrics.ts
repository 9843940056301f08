import type { trainerV1 } from "@tributary/contracts";
import { type Logger, TributaryError } from "@tributary/kit";
import { quoteNames } from "./quote-names.ts";
import type { MetricTotals } from "./report-builder.ts";

/** What a task's metrics are held against. */
export interface KnownMetrics {
  /** Metrics of the section that the task's step feeds. */
  readonly known: readonly string[];
  readonly log: Logger;
}

/**
 * The metrics of a task by name. What would vanish, or open as something else than was reported, is refused by name.
 *
 * @throws MESSAGE_INVALID, TRAINER_LOSS_NOT_FINITE.
 */
export function metricTotals(task: string, metrics: readonly trainerV1.MetricSum[], known: KnownMetrics): MetricTotals {
  requireReported(task, metrics, known);
  const totals = new Map<string, { sum: number; count: number }>();
  for (const { name, sum, count } of metrics) {
    if (!Number.isFinite(sum)) {
      const message = `task ${task}: ${name} is ${sum}; lower the learning rate or check the data`;
      throw new TributaryError("TRAINER_LOSS_NOT_FINITE", message);
    }
    const problem = totals.has(name) ? "is reported twice" : problemOf(sum, count);
    if (problem !== undefined) throw new TributaryError("MESSAGE_INVALID", `task ${task}: ${name} ${problem}`);
    totals.set(name, { sum, count: Number(count) });
  }
  return Object.fromEntries(totals);
}

/** A metric that no report can carry would vanish, and with it what the trainer's author took for the value that a job converges by. */
function requireReported(task: string, metrics: readonly trainerV1.MetricSum[], { known, log }: KnownMetrics): void {
  const others = metrics.map(({ name }) => name).filter((name) => !known.includes(name));
  if (others.length === 0) return;
  // Another name is the trainer's own word, which may quote its data: it stays in the member's log.
  log.warn(
    { task, metrics: quoteNames(others), known },
    "the trainer reports metrics that the task's report cannot carry",
  );
  throw new TributaryError(
    "MESSAGE_INVALID",
    `task ${task}: ${others.length} of ${metrics.length} metrics have another name than ${known.join(" or ")}. The log of the worker's sidecar has them.`,
  );
}

function problemOf(sum: number, count: bigint): string | undefined {
  // What was reported is one worker's, and this goes to the hub: no message has a value in it.
  if (count === 0n && sum !== 0) return "has a sum over no units, must be 0 or count some";
  // A larger one would become its neighbour among the doubles.
  if (count > BigInt(Number.MAX_SAFE_INTEGER))
    return `counts too many units, must count ${Number.MAX_SAFE_INTEGER} at most`;
  return undefined;
}
