import { cutText, Label, Reason } from "@tributary/contracts";
import type { Unstructured } from "../../../runtime/api/object.ts";
import type { Problem } from "../snapshot.ts";
import { endProblem } from "./container-end.ts";
import { containersOf, podStatus } from "./pod-status.ts";

/** Longest text of a kubelet or scheduler that is shown. */
const saidLimit = 300;

const imageReasons = [
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
  "ErrImageNeverPull",
  "RegistryUnavailable",
];
const configReasons = ["CreateContainerConfigError", "CreateContainerError", "RunContainerError"];

/** What keeps one of these pods from doing its work, most telling first; undefined when nothing does. */
export function findPodProblem(pods: readonly Unstructured[]): Problem | undefined {
  for (const find of [imageProblem, disruptionProblem, schedulingProblem, configProblem, endOf]) {
    for (const pod of pods) {
      const problem = find(pod);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

/** An image of the pod that cannot be pulled. The kubelet's words alternate with each of its tries, so they are not shown: the cause is one. */
export function imageProblem(pod: Unstructured): Problem | undefined {
  const container = containersOf(pod).find(({ state }) => imageReasons.includes(state?.waiting?.reason ?? ""));
  if (container === undefined) return undefined;
  const message = `pod ${pod.metadata.name}: image ${container.image} of container ${container.name} cannot be pulled; check its name and the pull secret in the cluster`;
  return { reason: Reason.ImagePullFailed, message };
}

/** A pod that its cluster took away: by eviction, preemption, a drain or a lost node. */
export function disruptionProblem(pod: Unstructured): Problem | undefined {
  const { conditions, phase, reason, message } = podStatus(pod);
  const disruption = conditions?.find(({ type, status }) => type === "DisruptionTarget" && status === "True");
  if (disruption === undefined && !(phase === "Failed" && reason === "Evicted")) return undefined;
  const said = cutText(disruption?.message ?? message ?? "", saidLimit);
  const isPreempted = disruption?.reason?.startsWith("Preemption") === true;
  const what = isPreempted ? "preempted" : "evicted";
  return {
    reason: isPreempted ? Reason.Preempted : Reason.Evicted,
    message: `pod ${pod.metadata.name} was ${what} (${disruption?.reason ?? reason})${said === "" ? "" : `: ${said}`}; another takes its place and joins the next round`,
  };
}

function schedulingProblem(pod: Unstructured): Problem | undefined {
  const condition = podStatus(pod).conditions?.find(
    ({ type, status }) => type === "PodScheduled" && status === "False",
  );
  if (condition?.reason !== "Unschedulable") return undefined;
  const { name, labels } = pod.metadata;
  const said = cutText(condition.message ?? "", saidLimit);
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
    message: `pod ${pod.metadata.name}: container ${container.name} cannot start (${waiting?.reason}): ${cutText(waiting?.message ?? "", saidLimit)}`,
  };
}

function endOf(pod: Unstructured): Problem | undefined {
  const end = endProblem(pod);
  if (end !== undefined) return { reason: end.reason, message: end.message };
  const { phase, reason = "Failed", message = "" } = podStatus(pod);
  if (phase !== "Failed") return undefined;
  return {
    reason: Reason.WorkerFailed,
    message: `pod ${pod.metadata.name} failed (${reason}): ${cutText(message, saidLimit)}`,
  };
}
