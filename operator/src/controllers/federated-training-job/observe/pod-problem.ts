import { Label, Reason } from "@tributary/contracts";
import { catalogue } from "@tributary/kit";
import type { Unstructured } from "../../../runtime/api/object.ts";
import type { Problem } from "../snapshot.ts";

interface ContainerStatus {
  readonly name: string;
  readonly image: string;
  readonly restartCount?: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly terminated?: { readonly exitCode: number; readonly reason?: string };
  };
  readonly lastState?: { readonly terminated?: { readonly exitCode: number; readonly reason?: string } };
}

interface PodStatus {
  readonly phase?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason?: string;
    readonly message?: string;
  }[];
  readonly containerStatuses?: readonly ContainerStatus[];
  readonly initContainerStatuses?: readonly ContainerStatus[];
}

const imageReasons = [
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
  "ErrImageNeverPull",
  "RegistryUnavailable",
];
const configReasons = ["CreateContainerConfigError", "CreateContainerError", "RunContainerError"];
const byExitCode = new Map(
  Object.values(catalogue)
    .filter((entry) => entry.exitCode !== 1)
    .map((entry) => [entry.exitCode, entry]),
);

/** What a person can do about the end of a container, by the reason that its exit code names. */
const remedies: Readonly<Record<string, string>> = {
  ModelSourceNotFound: "put the file onto the claim or correct spec.model.source.persistentVolumeClaim",
  ModelSourceInvalid: "give a whole .safetensors or .gguf file in spec.model.source.persistentVolumeClaim",
  DataMissing: "fill the data set or name another in spec.participants[].dataset",
  TaskUnknown: "name a task of this runtime in spec.trainer.task",
  ModelInvalid: "name a model that this runtime trains, or another spec.trainer.runtime",
  HyperparameterInvalid: "correct spec.trainer.hyperparameters",
  LossNotFinite: "lower the learning rate in spec.trainer.hyperparameters",
};

/** Status of a pod as the kubelet reports it. */
export function podStatus(pod: Unstructured): PodStatus {
  return (pod.status as PodStatus | undefined) ?? {};
}

/** Whether a pod is running or about to. */
export function isActive(pod: Unstructured): boolean {
  const { phase } = podStatus(pod);
  return phase === "Running" || phase === "Pending" || phase === undefined;
}

/** What keeps one of these pods from doing its work, most telling first; undefined when nothing does. */
export function findPodProblem(pods: readonly Unstructured[]): Problem | undefined {
  for (const find of [imageProblem, schedulingProblem, configProblem, exitProblem]) {
    for (const pod of pods) {
      const problem = find(pod);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

function containersOf(pod: Unstructured): ContainerStatus[] {
  const { initContainerStatuses = [], containerStatuses = [] } = podStatus(pod);
  return [...initContainerStatuses, ...containerStatuses];
}

function imageProblem(pod: Unstructured): Problem | undefined {
  const container = containersOf(pod).find(({ state }) => imageReasons.includes(state?.waiting?.reason ?? ""));
  if (container === undefined) return undefined;
  const message = `pod ${pod.metadata.name}: image ${container.image} of container ${container.name} cannot be pulled (${container.state?.waiting?.reason}); check its name and the pull secret in the member`;
  return { reason: Reason.ImagePullFailed, message };
}

function schedulingProblem(pod: Unstructured): Problem | undefined {
  const condition = podStatus(pod).conditions?.find(
    ({ type, status }) => type === "PodScheduled" && status === "False",
  );
  if (condition?.reason !== "Unschedulable") return undefined;
  const { name, labels } = pod.metadata;
  const said = (condition.message ?? "").slice(0, 300);
  // True of every new pod with a claim of its own until the claim is bound, moments later.
  if (said.includes("unbound immediate PersistentVolumeClaims"))
    return {
      reason: Reason.VolumeNotBound,
      message: `pod ${name} waits for a volume: ${said}; check its storage class`,
    };
  const isWorker = labels?.[Label.Component] === "worker";
  const remedy = isWorker
    ? "free or add such nodes, or ask for less (spec.participants[].accelerator.count, workers)"
    : "free or add nodes";
  return { reason: Reason.Unschedulable, message: `pod ${name} has no node: ${said}; ${remedy}` };
}

function configProblem(pod: Unstructured): Problem | undefined {
  const container = containersOf(pod).find(({ state }) => configReasons.includes(state?.waiting?.reason ?? ""));
  if (container === undefined) return undefined;
  const waiting = container.state?.waiting;
  return {
    reason: Reason.WorkerFailed,
    message: `pod ${pod.metadata.name}: container ${container.name} cannot start (${waiting?.reason}): ${(waiting?.message ?? "").slice(0, 200)}`,
  };
}

function exitProblem(pod: Unstructured): Problem | undefined {
  for (const container of containersOf(pod)) {
    const end =
      container.state?.terminated ??
      (container.state?.waiting?.reason === "CrashLoopBackOff" ? container.lastState?.terminated : undefined);
    if (end === undefined || end.exitCode === 0) continue;
    const known = byExitCode.get(end.exitCode);
    const remedy = remedies[known?.reason ?? ""];
    const cause =
      known?.publicMessage.replace(/\.$/u, remedy === undefined ? "." : `; ${remedy}`) ??
      `${end.reason ?? "it ended"}, exit code ${end.exitCode}; read its log in the cluster where it ran`;
    return {
      reason: known?.reason ?? Reason.WorkerFailed,
      message: `pod ${pod.metadata.name}: container ${container.name} failed: ${cause}`,
    };
  }
  return undefined;
}
