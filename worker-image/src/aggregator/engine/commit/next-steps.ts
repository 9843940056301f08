import { askedStep, metricNames, nextStep, type SegmentSums, type SetupSegment } from "@tributary/federated";

/** What the next steps follow from. */
export interface StepSums {
  readonly updates: readonly Pick<SetupSegment, "valueCount" | "valueBits">[];
  /** Quantiser step of each update segment in the round that was summed. */
  readonly steps: readonly number[];
  /** What the round opened, by name: sums of whatever its parties said, in any range. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Parties in the sums. */
  readonly parties: number;
  /** ‖mean update‖² of each update segment. */
  readonly meanSquaredNorms: readonly number[];
}

/** The quantiser step of one update segment in the next round. */
export interface NextStep {
  readonly step: number;
  /** What the sums ask for: another one when it is further from the last step than one round may go. */
  readonly asked: number;
  /** Whether the sums are none that parties can have come to. */
  readonly isUnknown: boolean;
}

/**
 * The quantiser step of each update segment in the next round.
 *
 * A party may say anything, and so cancel what others said: sums that no parties can have come to say nothing, and nobody ends the job.
 */
export function nextSteps(round: StepSums): NextStep[] {
  return round.updates.map(({ valueBits }, index) => {
    const [last, sums] = [round.steps[index]!, segmentSums(round, index)];
    const [step, asked] = [nextStep(last, valueBits, sums), askedStep(last, valueBits, sums)];
    return { step, asked, isUnknown: sums.squaredNorms === null };
  });
}

function segmentSums({ updates, metrics, parties, meanSquaredNorms }: StepSums, index: number): SegmentSums {
  const { valueCount: values } = updates[index]!;
  const squaredNorms = metrics[metricNames.squaredNorm(index)] ?? 0;
  const saturated = metrics[metricNames.saturated(index)] ?? 0;
  const meanSquaredNorm = meanSquaredNorms[index] ?? 0;
  const isKnown = squaredNorms >= 0 && saturated >= 0 && saturated <= parties * values;
  return isKnown
    ? { squaredNorms, saturated, parties, values, meanSquaredNorm }
    : { squaredNorms: null, saturated: 0, parties, values, meanSquaredNorm };
}
