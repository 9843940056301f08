import { Label, type MemberCluster } from "@tributary/contracts";
import { trainerOf } from "@tributary/contracts/fields";
import type { Unstructured } from "../../../runtime/api/object.ts";
import type { MemberState } from "../../member-cluster/member-directory.ts";
import { isSamePlace, type Place } from "../../shared/place.ts";
import { isWrittenByUs } from "../../shared/written-by-us.ts";
import { jobNames } from "../render/names.ts";
import type {
  JobSnapshot,
  MemberObservation,
  Participant,
  Placement,
  PlacingReport,
  PodTemplateObject,
  Problem,
  SeatObservation,
  TemplateObservation,
} from "../snapshot.ts";
import { observeGateCa } from "./gate-ca.ts";
import { completedIndexesOf, failedIndexesOf, findJobFailure } from "./job-problem.ts";
import { observeOrganisation } from "./organisation.ts";
import { summarisePods } from "./pod-summary.ts";
import { isPresentJob } from "./present-job.ts";
import type { SeenRunning } from "./worker-problem.ts";

type Job = JobSnapshot["job"];

/** What is known of one seat, from the hub's MemberCluster and the caches of the member. Reads only. */
export function observeSeat(
  job: Job,
  participant: Participant,
  member: MemberCluster | undefined,
  state: MemberState | undefined,
  seenRunning: SeenRunning = () => 0,
  report?: PlacingReport,
): SeatObservation {
  const observed = observeMember(job, participant, member, state);
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
  const { namespace } = observed;
  const uid = job.metadata.uid ?? "";
  const placed = job.status?.placements?.filter((one) => isPlaceOf(participant, one)) ?? [];
  const template = findTemplate(job, participant, view.podTemplates(namespace));
  const batchJob = findObject(placed[0], view.objectsOf("jobs", namespace, uid, participant.name));
  const events = batchJob === undefined ? [] : view.eventsOf(namespace, batchJob.metadata.uid ?? "");
  const pods = view.objectsOf("pods", namespace, uid, participant.name);
  const { active, ended, problems } = summarisePods(pods, batchJob, events, participant.workers, seenRunning);
  // What leaves, or is about to be replaced, was made by another spec: that it failed says nothing of what comes after it.
  const isWanted = placed.some((one) => one.namespace === namespace && one.state === "Wanted");
  const ends = isWanted && batchJob !== undefined ? endsOf(batchJob) : undefined;
  const anchorOf = () => findObject(placed[0], view.objectsOf("configMaps", namespace, uid, participant.name));
  const isPresent = ends !== undefined && isPresentJob(job, participant, { ...ends, anchor: anchorOf() }, template);
  const counted = isPresent ? ends : undefined;
  const placingProblem = report && findPlacingProblem(report, placed, { participant: participant.name, namespace });
  return {
    participant,
    member: observed,
    template,
    hasBatchJob: batchJob !== undefined,
    ...(counted?.failure === undefined ? {} : { batchJobFailure: problems?.podProblem ?? counted.failure }),
    activePods: active,
    failedPods: ended,
    failedIndexes: counted?.failed ?? [],
    ...(counted === undefined || counted.completed.length === 0 ? {} : { completedIndexes: counted.completed }),
    ...problems,
    ...(placingProblem === undefined ? {} : { placingProblem }),
  };
}

/** What keeps a seat from its workers: the trouble of its place, or of what nothing is placed before. */
function findPlacingProblem(report: PlacingReport, placed: readonly Placement[], place: Place): Problem | undefined {
  const problemAt = (where: Place) => report.problems.find((one) => isSamePlace(one, where))?.problem;
  const own = problemAt(place);
  if (own !== undefined || placed.some(({ state }) => state === "Wanted")) return own;
  // Nothing is placed while what leaves is still there, nor in a member that is still to be searched.
  return placed.length === 0 ? report.searchProblem : placed.map(problemAt).find((problem) => problem !== undefined);
}

/** What is final of a batch Job's workers; undefined while nothing is. */
function endsOf(batchJob: Unstructured) {
  const failure = findJobFailure(batchJob);
  const failed = failedIndexesOf(batchJob).map(Number);
  const completed = completedIndexesOf(batchJob).map(Number);
  const isAny = failure !== undefined || failed.length > 0 || completed.length > 0;
  return isAny ? { batchJob, failure, failed, completed } : undefined;
}

function isPlaceOf({ name, cluster }: Participant, placement: Placement): boolean {
  return placement.participant === name && placement.cluster === cluster;
}

/** The object of the recorded name that Tributary wrote: what somebody made with all labels speaks for nobody. */
function findObject(placed: Placement | undefined, found: readonly Unstructured[]): Unstructured | undefined {
  const ours = found.filter(isWrittenByUs);
  return placed === undefined ? ours[0] : ours.find(({ metadata }) => metadata.name === placed.name);
}

/**
 * Namespace in which a seat is or will be: where it was placed, since what a MemberCluster maps later moves nothing that
 * runs; else where another of the job's is, since an aggregator takes workers of a cluster from one namespace; else the one
 * that is mapped; undefined where none is.
 */
export function placeOf(job: Job, participant: Participant, member: MemberCluster): string | undefined {
  const placed = job.status?.placements?.filter((one) => one.cluster === participant.cluster && one.state === "Wanted");
  const own = placed?.find((one) => isPlaceOf(participant, one));
  return (
    (own ?? placed?.[0])?.namespace ??
    member.spec.namespaces.find((mapping) => mapping.hub === jobNames(job).namespace)?.member
  );
}

function observeMember(
  job: Job,
  participant: Participant,
  member: MemberCluster | undefined,
  state: MemberState | undefined,
): MemberObservation {
  if (member === undefined || state === undefined) return { state: "missing" };
  const namespace = placeOf(job, participant, member);
  const mapped = {
    ...(namespace === undefined ? {} : { namespace }),
    ...observeGateCa(member.spec.gate?.caBundle),
    ...observeOrganisation(member.spec.organisation),
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
  const { runtime } = trainerOf(job.spec, participant);
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
