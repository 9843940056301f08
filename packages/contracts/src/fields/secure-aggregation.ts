import type { FederatedTrainingJob } from "../generated/api/types.ts";
import type { FieldFinding } from "./finding.ts";
import { readNumber } from "./numbers.ts";
import { learningRateRule } from "./strategies.ts";

type JobSpec = FederatedTrainingJob["spec"];

/**
 * Lowest server learning rate of FedAvg and FedAvgM under masks: with a tiny one rounds start from nearly equal models, and the
 * difference of their sums is nearly one worker's update.
 */
const MIN_SERVER_RATE = 0.1;
const ratedStrategies: readonly string[] = ["FedAvg", "FedAvgM"];

/** Everything that rules of the CRD refuse in `spec.privacy.secureAggregation`, and in what masks bear on. */
export function checkSecureAggregation(spec: JobSpec): FieldFinding[] {
  return spec.privacy.secureAggregation.protocol === "Masking"
    ? [...checkThreshold(spec), ...checkServerRate(spec)]
    : checkMeaningless(spec);
}

function checkThreshold({ privacy, participants }: JobSpec): FieldFinding[] {
  const { threshold } = privacy.secureAggregation;
  const workers = participants.reduce((sum, participant) => sum + participant.workers, 0);
  if (threshold === undefined || threshold <= workers) return [];
  const expected = `at most ${workers}, the sum of participants[].workers`;
  return [{ path: "spec.privacy.secureAggregation.threshold", value: threshold, expected }];
}

function checkServerRate({ strategy: { name, parameters } }: JobSpec): FieldFinding[] {
  const rate = parameters?.serverLearningRate;
  if (!ratedStrategies.includes(name) || rate === undefined) return [];
  const reading = readNumber(rate, learningRateRule(1));
  if (!reading.ok || reading.value >= MIN_SERVER_RATE) return [];
  const expected = `at least ${MIN_SERVER_RATE} under protocol Masking`;
  return [{ path: "spec.strategy.parameters.serverLearningRate", value: rate, expected }];
}

function checkMeaningless({ privacy: { secureAggregation } }: JobSpec): FieldFinding[] {
  return (["minOrganisations", "threshold"] as const).flatMap((field) => {
    const value = secureAggregation[field];
    const expected = "absent without masks; leave it out, or choose protocol Masking";
    return value === undefined ? [] : [{ path: `spec.privacy.secureAggregation.${field}`, value, expected }];
  });
}
