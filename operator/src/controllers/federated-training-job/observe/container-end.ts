import { cutText, parseTerminationMessage, Reason } from "@tributary/contracts";
import { catalogue } from "@tributary/kit";
import type { Unstructured } from "../../../runtime/api/object.ts";
import type { Problem } from "../snapshot.ts";
import { type ContainerEnd, type ContainerStatus, containersOf } from "./pod-status.ts";

/** Longest cause that is shown of one container: a condition has room for it beside the names. */
const causeLimit = 500;

const byExitCode = new Map(
  Object.values(catalogue)
    .filter((entry) => entry.exitCode !== 1)
    .map((entry) => [entry.exitCode, entry]),
);

/** What a person can do about the end of a container, by its reason. */
const remedies: Readonly<Record<string, string>> = {
  ModelSourceNotFound: "put the file onto the claim or correct spec.model.source.persistentVolumeClaim",
  ModelSourceInvalid: "give a whole .safetensors or .gguf file in spec.model.source.persistentVolumeClaim",
  DataMissing: "fill the data set or name another in spec.participants[].dataset",
  DataInvalid: "convert the data set to UTF-8 or name another in spec.participants[].dataset",
  ModelNotFinite:
    "lower spec.strategy.parameters.serverLearningRate or the learning rate in spec.trainer.hyperparameters",
  TaskUnknown: "name a task of this runtime in spec.trainer.task",
  ModelInvalid:
    "name a model that this runtime trains, or another in spec.trainer.runtime or spec.participants[].runtime",
  HyperparameterInvalid:
    "correct spec.trainer.hyperparameters, or those of its participant in spec.participants[].hyperparameters",
  LossNotFinite: "lower the learning rate in spec.trainer.hyperparameters",
};

/** Why a container of a pod ended; `isTelling` when the process, or its exit code, named the cause. */
export interface EndProblem extends Problem {
  readonly isTelling: boolean;
  /** How long the run lasted by the clock of its node, in milliseconds. */
  readonly lastedMs?: number;
}

/**
 * The end of a container that keeps the pod from its work: of one that ended badly, and of one that runs again but has not
 * become ready since. A cause is told until a run gets further than the one that had it.
 */
export function endProblem(pod: Unstructured): EndProblem | undefined {
  const ends = containersOf(pod).flatMap((container) => {
    const end = badEnd(container);
    return end === undefined ? [] : [describeEnd(pod, container, end)];
  });
  return ends.find(({ isTelling }) => isTelling) ?? ends[0];
}

function badEnd({ state, lastState, ready }: ContainerStatus): ContainerEnd | undefined {
  const isBack = ready !== false && state?.waiting === undefined;
  const end = state?.terminated ?? (isBack ? undefined : lastState?.terminated);
  return end === undefined || end.exitCode === 0 ? undefined : end;
}

function describeEnd(pod: Unstructured, container: ContainerStatus, end: ContainerEnd): EndProblem {
  const left = parseTerminationMessage(end.message);
  const known = byExitCode.get(end.exitCode);
  const reason = left?.reason ?? known?.reason;
  const lastedMs = Date.parse(end.finishedAt ?? "") - Date.parse(end.startedAt ?? "");
  return {
    reason: reason ?? Reason.WorkerFailed,
    message: `pod ${pod.metadata.name}: container ${container.name} failed: ${causeOf(end, left?.message, known?.publicMessage, reason)}`,
    // A process that was told to stop says so: why it was told is not its to know.
    isTelling: reason !== undefined && left?.code !== "OPERATION_ABORTED",
    ...(Number.isNaN(lastedMs) ? {} : { lastedMs }),
  };
}

function causeOf(end: ContainerEnd, left: string | undefined, known: string | undefined, reason = ""): string {
  const said = left ?? known;
  if (said === undefined)
    return `${end.reason ?? "it ended"}, exit code ${end.exitCode}; read its log in the cluster where it ran`;
  const remedy = remedies[reason];
  const cause = cutText(said, causeLimit);
  return remedy === undefined || cause.includes(remedy) ? cause : `${cause.replace(/\.$/u, "")}; ${remedy}`;
}
