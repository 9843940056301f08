import type { FederatedTrainingJob } from "../generated/api/types.ts";
import { checkConvergence } from "./convergence.ts";
import { readDurationMs } from "./duration.ts";
import { readExtendedResource } from "./extended-resource.ts";
import { type FieldFinding, findingsOf, type Reading } from "./finding.ts";
import { readObjectName } from "./names.ts";
import type { SynchronousSchedule } from "./required-by-rule.ts";
import { checkSecureAggregation } from "./secure-aggregation.ts";
import { readStep } from "./step.ts";
import { checkStrategy } from "./strategies.ts";
import { checkHyperparameters, checkTrainer, type TrainerSpec } from "./tasks.ts";

type JobSpec = FederatedTrainingJob["spec"];

/** Shortest and longest deadline of a round. */
export const deadlineBounds = { min: "1s", max: "24h" } as const;

/** Reads the deadline of a round, in whole milliseconds. */
export function readDeadlineMs(text: string): Reading<number> {
  return readDurationMs(text, deadlineBounds);
}

/**
 * Everything for which an aggregator or a trainer could not run a spec, by field. The CRD says the same as far as it can; a job whose
 * spec has a finding is not accepted.
 *
 * @param spec a spec that fits the schema, its defaults filled in.
 */
export function checkJobSpec(spec: JobSpec): FieldFinding[] {
  const { trainer, convergence, communication, output } = spec;
  return [
    ...checkModel(spec),
    ...checkTrainer("spec.trainer", trainer as TrainerSpec),
    ...checkOwnHyperparameters(spec),
    ...checkModelOfTask(spec),
    ...checkAccelerators(spec),
    ...checkStrategy("spec.strategy", spec.strategy),
    ...checkSchedule(spec),
    ...checkSecureAggregation(spec),
    ...(convergence === undefined ? [] : checkConvergence("spec.convergence", convergence)),
    ...findingsOf("spec.communication.initialStep", communication.initialStep, readStep(communication.initialStep)),
    ...findingsOf(
      "spec.output.persistentVolumeClaim",
      output.persistentVolumeClaim,
      readObjectName(output.persistentVolumeClaim),
    ),
  ];
}

function checkModel({ paradigm, model }: JobSpec): FieldFinding[] {
  if (model === undefined) {
    const expected = `there: paradigm ${paradigm} trains one model for all participants`;
    return [{ path: "spec.model", value: undefined, expected }];
  }
  const { claimName } = model.source.persistentVolumeClaim;
  return findingsOf("spec.model.source.persistentVolumeClaim.claimName", claimName, readObjectName(claimName));
}

/** What participants have of their own is told to trainers of the job's task. */
function checkOwnHyperparameters({ trainer: { task }, participants }: JobSpec): FieldFinding[] {
  return participants.flatMap(({ hyperparameters }, index) =>
    checkHyperparameters(`spec.participants[${index}]`, { task, hyperparameters } as TrainerSpec),
  );
}

/** Language modelling trains an adapter and nothing else so far. */
function checkModelOfTask({ trainer, model }: JobSpec): FieldFinding[] {
  if (trainer.task !== "language-modeling" || model === undefined || model.adapter !== undefined) return [];
  return [
    {
      path: "spec.model.adapter",
      value: undefined,
      expected: "there: task language-modeling trains an adapter on a .gguf model",
    },
  ];
}

function checkAccelerators({ participants }: JobSpec): FieldFinding[] {
  return participants.flatMap(({ accelerator }, index) => {
    if (accelerator === undefined) return [];
    const { resource } = accelerator;
    return findingsOf(`spec.participants[${index}].accelerator.resource`, resource, readExtendedResource(resource));
  });
}

function checkSchedule({ participants, schedule: { synchronous } }: JobSpec): FieldFinding[] {
  if (synchronous === undefined) {
    const expected = "exactly one schedule; synchronous is the only one so far";
    return [{ path: "spec.schedule", value: undefined, expected }];
  }
  const { deadline } = synchronous;
  return [
    ...checkQuorum(synchronous, participants),
    ...findingsOf("spec.schedule.synchronous.deadline", deadline, readDeadlineMs(deadline)),
  ];
}

function checkQuorum({ quorum }: SynchronousSchedule, participants: JobSpec["participants"]): FieldFinding[] {
  const workers = participants.reduce((sum, participant) => sum + participant.workers, 0);
  if (quorum <= workers) return [];
  const expected = `at most ${workers}, the sum of participants[].workers`;
  return [{ path: "spec.schedule.synchronous.quorum", value: quorum, expected }];
}
