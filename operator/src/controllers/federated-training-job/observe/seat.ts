import { Label, type MemberCluster } from "@tributary/contracts";
import type { Unstructured } from "../../../runtime/api/object.ts";
import type { MemberState } from "../../member-cluster/member-directory.ts";
import { jobNames, seatName } from "../render/names.ts";
import type {
  JobSnapshot,
  MemberObservation,
  Participant,
  PodTemplateObject,
  SeatObservation,
  TemplateObservation,
} from "../snapshot.ts";
import { observeGateCa } from "./gate-ca.ts";
import { failedIndexesOf, findJobFailure } from "./job-problem.ts";
import { isActive, podStatus } from "./pod-status.ts";
import { findWorkerProblems, type SeenRunning } from "./worker-problem.ts";

type Job = JobSnapshot["job"];

/** What is known of one seat, from the hub's MemberCluster and the caches of the member. Reads only. */
export function observeSeat(
  hubId: string,
  job: Job,
  participant: Participant,
  member: MemberCluster | undefined,
  state: MemberState | undefined,
  seenRunning: SeenRunning = () => 0,
): SeatObservation {
  const observed = observeMember(job, member, state);
  const nothing = {
    participant,
    member: observed,
    template: { state: "unknown" } as const,
    hasBatchJob: false,
    activePods: 0,
    failedPods: 0,
  };
  if (state?.state !== "reachable" || observed.state === "missing" || observed.namespace === undefined) return nothing;
  const { view } = state;
  const name = seatName(hubId, job, participant.name);
  const uid = job.metadata.uid ?? "";
  const ofSeat = (objects: readonly Unstructured[]): Unstructured[] =>
    objects.filter((object) => object.metadata.labels?.[Label.Participant] === participant.name);
  const anchor = ofSeat(view.objectsOf("configMaps", observed.namespace, uid)).find(
    (object) => object.metadata.name === name,
  );
  const batchJob = ofSeat(view.objectsOf("jobs", observed.namespace, uid)).find(
    (object) => object.metadata.name === name,
  );
  const pods = ofSeat(view.objectsOf("pods", observed.namespace, uid));
  const active = pods.filter(isActive);
  const failure = batchJob === undefined ? undefined : findJobFailure(batchJob);
  const ended = pods.filter((pod) => podStatus(pod).phase === "Failed");
  const events = view.objectsOf("events", observed.namespace, batchJob?.metadata.uid ?? "");
  const problems =
    batchJob === undefined ? undefined : findWorkerProblems(batchJob, pods, events, participant.workers, seenRunning);
  return {
    participant,
    member: observed,
    template: findTemplate(job, participant, view.podTemplates(observed.namespace)),
    ...(anchor === undefined
      ? {}
      : { anchorText: (anchor.data as Record<string, string> | undefined)?.["worker.json"] ?? "" }),
    hasBatchJob: batchJob !== undefined,
    ...(failure === undefined ? {} : { batchJobFailure: problems?.podProblem ?? failure }),
    activePods: active.length,
    failedPods: ended.length,
    failedIndexes: batchJob === undefined ? 0 : failedIndexesOf(batchJob).length,
    ...problems,
  };
}

/** Namespace of a member that serves a job; undefined where the MemberCluster maps none for it. */
export function mappedNamespace(job: Job, member: MemberCluster): string | undefined {
  return member.spec.namespaces.find((mapping) => mapping.hub === jobNames(job).namespace)?.member;
}

function observeMember(job: Job, member: MemberCluster | undefined, state: MemberState | undefined): MemberObservation {
  if (member === undefined || state === undefined) return { state: "missing" };
  const namespace = mappedNamespace(job, member);
  const mapped = {
    ...(namespace === undefined ? {} : { namespace }),
    ...observeGateCa(member.spec.gate?.caBundle),
    ...(state.isLeaving === true ? { isLeaving: true as const } : {}),
  };
  if (state.state === "reachable") return { ...mapped, state: "reachable", heardMs: state.heardMs };
  return {
    ...mapped,
    state: "unreachable",
    problem: state.problem,
    sinceMs: state.sinceMs,
    ...(state.heardMs === undefined ? {} : { heardMs: state.heardMs }),
  };
}

/** The template that serves a seat: by runtime and data set, or the runtime's only one when no data set is named. */
export function findTemplate(
  job: Job,
  participant: Participant,
  templates: readonly Unstructured[],
): TemplateObservation {
  const { runtime } = job.spec.trainer;
  const labelOf = (object: Unstructured, label: string): string | undefined => object.metadata.labels?.[label];
  const ofRuntime = templates.filter((object) => labelOf(object, Label.Runtime) === runtime);
  if (ofRuntime.length === 0)
    return { state: "runtime-missing", offered: distinct(templates.map((object) => labelOf(object, Label.Runtime))) };
  const { dataset } = participant;
  const fitting =
    dataset === undefined
      ? withoutChoice(ofRuntime)
      : ofRuntime.filter((object) => labelOf(object, Label.Dataset) === dataset);
  const [template] = fitting;
  if (template === undefined)
    return { state: "dataset-missing", offered: distinct(ofRuntime.map((object) => labelOf(object, Label.Dataset))) };
  return { state: "found", template: template as unknown as PodTemplateObject };
}

function withoutChoice(templates: readonly Unstructured[]): readonly Unstructured[] {
  const plain = templates.filter((object) => object.metadata.labels?.[Label.Dataset] === undefined);
  return plain.length > 0 ? plain : templates.length === 1 ? templates : [];
}

function distinct(names: readonly (string | undefined)[]): string[] {
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}
