import { nextStep, type Segment } from "@tributary/federated";
import { metricNames } from "../../shared/report/report-layout.ts";

/** What the next steps follow from. */
export interface StepSums {
  readonly updates: readonly Segment[];
  /** Quantiser step of each update segment in the round that was summed. */
  readonly steps: readonly number[];
  /** What the round opened, by name: sums of whatever its parties said, in any range. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Parties in the sums. */
  readonly parties: number;
}

/**
 * The quantiser step of each update segment in the next round.
 *
 * A party may say anything: sums that no parties can have come to count for the nearest that they can, so that nobody ends the job.
 */
export function nextSteps({ updates, steps, metrics, parties }: StepSums): number[] {
  return updates.map(({ valueBits, parameters: values }, index) => {
    const sumOf = (name: string) => Math.max(0, metrics[name] ?? 0);
    const squaredNorms = sumOf(metricNames.squaredNorm(index));
    const saturated = Math.min(parties * values, sumOf(metricNames.saturated(index)));
    return nextStep(steps[index]!, valueBits, { squaredNorms, parties, values, saturated });
  });
}
