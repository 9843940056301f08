import { Reason } from "@tributary/contracts";
import type { Unstructured } from "../../../runtime/api/object.ts";
import type { Problem, StartingWorker } from "../snapshot.ts";
import { imageProblem } from "./pod-problem.ts";
import { indexOf, isActive, podStatus } from "./pod-status.ts";

/** What the kubelet says while it pulls a container's image and mounts its volumes, without and with others that go before it. */
const startingReasons = ["ContainerCreating", "PodInitializing"];

/** Workers whose trainer has not started yet, by the newest pod of each: its sidecar may have joined long before. */
export function findStartingWorkers(newest: readonly Unstructured[]): StartingWorker[] {
  return newest.filter(isActive).flatMap((pod) => {
    const workerIndex = Number(indexOf(pod));
    const problem = startingProblem(pod);
    return problem === undefined || !Number.isInteger(workerIndex) ? [] : [{ workerIndex, problem }];
  });
}

function startingProblem(pod: Unstructured): Problem | undefined {
  const trainer = podStatus(pod).containerStatuses?.find(({ name }) => name === "trainer");
  const reason = trainer?.state?.waiting?.reason;
  if (reason === undefined) return undefined;
  if (!startingReasons.includes(reason)) return imageProblem(pod);
  const message = `pod ${pod.metadata.name}: its trainer has not started yet (${reason}): the node pulls its image or mounts its volumes`;
  return { reason: Reason.TrainerStarting, message };
}
