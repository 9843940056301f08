import { Kinds, Reason, type ResourceKind } from "@tributary/contracts";
import type { Action, KubernetesObject } from "../plan.ts";
import { renderAggregatorConfig, renderAggregatorService, renderAggregatorStatefulSet } from "../render/aggregator.ts";
import { jobNames } from "../render/names.ts";
import type { Condition, JobSnapshot } from "../snapshot.ts";
import type { Policy } from "./verdict.ts";

/** The aggregator exists, is reachable for workers, and answers. */
export const aggregation: Policy = (snapshot, settings) => {
  const { job, seats, hub } = snapshot;
  const { serverName, aggregator } = jobNames(job);
  const actions: Action[] = [];
  if (hub.caPem === undefined)
    actions.push({
      type: "ensure-certificates",
      serverName,
      why: "aggregator and operator know each other by the job CA",
    });
  const apply = (kind: ResourceKind, object: KubernetesObject): void => {
    actions.push({ type: "apply-hub", kind, object, why: `aggregator ${aggregator} runs` });
  };
  apply(Kinds.ConfigMap, renderAggregatorConfig(job, seats));
  apply(Kinds.Service, renderAggregatorService(job));
  apply(Kinds.StatefulSet, renderAggregatorStatefulSet(job, seats, settings.aggregator, 1));
  const condition = readiness(snapshot);
  return { actions, conditions: [condition], ...(condition.status === "True" ? {} : { requeueAfterMs: 2_000 }) };
};

function readiness(snapshot: JobSnapshot): Condition {
  const { hub, aggregator } = snapshot;
  const type = "AggregationReady";
  if (aggregator.state === "heard" && aggregator.report.problem === undefined) {
    return { type, status: "True", reason: Reason.AggregatorReady, message: "the aggregator answers" };
  }
  if (hub.podProblem !== undefined) return { type, status: "False", ...hub.podProblem };
  if (aggregator.state === "heard" && aggregator.report.problem !== undefined) {
    return { type, status: "True", reason: Reason.AggregatorReady, message: aggregator.report.problem.message };
  }
  const message = aggregator.state === "unreachable" ? aggregator.message : "the aggregator's pod is not ready yet";
  return { type, status: "False", reason: Reason.AggregatorNotReady, message };
}
