import { Reason } from "@tributary/contracts";
import type { Action } from "../plan.ts";
import { renderAggregatorConfig, renderAggregatorStatefulSet } from "../render/aggregator.ts";
import { jobNames } from "../render/names.ts";
import type { Condition, JobSnapshot } from "../snapshot.ts";
import { applyAggregator } from "./aggregator-actions.ts";
import { maskedRoundProblem } from "./masked-rounds.ts";
import { runOf } from "./run.ts";
import type { Policy, Settings } from "./verdict.ts";

/** Time until the look after certificates were made, in milliseconds. */
const afterCertificatesMs = 100;

/** The aggregator exists, is reachable for workers, and answers. */
export const aggregation: Policy = (snapshot, settings) => {
  const actions = keepAggregator(snapshot, settings);
  const condition = aggregationReady(snapshot);
  const waitMs = actions[0]?.type === "ensure-certificates" ? afterCertificatesMs : 2_000;
  return { actions, conditions: [condition], ...(condition.status === "True" ? {} : { requeueAfterMs: waitMs }) };
};

function keepAggregator(snapshot: JobSnapshot, settings: Settings): Action[] {
  const { job } = snapshot;
  const run = runOf(snapshot, settings.aggregator);
  const parts = run && {
    configMap: renderAggregatorConfig(job, { run, isOpen: false }),
    statefulSet: (certificateHash: string) => renderAggregatorStatefulSet(job, { run, certificateHash, replicas: 1 }),
  };
  return applyAggregator(snapshot, parts, `aggregator ${jobNames(job).aggregator} runs`);
}

/** Whether the aggregator answers, and why it does not; under masks, also whether it can open rounds. */
export function aggregationReady(snapshot: JobSnapshot): Condition {
  const { hub, aggregator } = snapshot;
  const type = "AggregationReady";
  const kept = aggregator.state === "heard" ? maskedRoundProblem(snapshot, aggregator.report) : undefined;
  if (kept !== undefined) return { type, status: "False", ...kept };
  if (aggregator.state === "heard" && aggregator.report.problem === undefined) {
    return { type, status: "True", reason: Reason.AggregatorReady, message: "the aggregator answers" };
  }
  if (hub.ledgerProblem !== undefined) return { type, status: "False", ...hub.ledgerProblem };
  if (hub.podProblem !== undefined) return { type, status: "False", ...hub.podProblem };
  if (aggregator.state === "heard" && aggregator.report.problem !== undefined) {
    return { type, status: "True", reason: Reason.AggregatorReady, message: aggregator.report.problem.message };
  }
  const message = aggregator.state === "unreachable" ? aggregator.message : "the aggregator's pod is not ready yet";
  return { type, status: "False", reason: Reason.AggregatorNotReady, message };
}
