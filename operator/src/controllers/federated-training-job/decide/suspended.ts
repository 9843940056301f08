import { Kinds, Reason } from "@tributary/contracts";
import type { Action } from "../plan.ts";
import { renderOpenConfig } from "../render/aggregator.ts";
import type { JobSnapshot } from "../snapshot.ts";
import { conditionOf, type Policy } from "./verdict.ts";

/** A suspended job keeps its aggregator and what is committed; its workers go. */
export const suspended: Policy = (snapshot) => {
  if (!snapshot.job.spec.suspend) {
    const was = conditionOf(snapshot, "Suspended")?.status === "True";
    return {
      conditions: [{ type: "Suspended", status: "False", reason: Reason.Resumed, message: "the job is not suspended" }],
      events: was ? [{ type: "Normal", reason: Reason.Resumed, note: "workers are placed again" }] : [],
    };
  }
  return {
    final: true,
    placing: { type: "leave" },
    actions: openRun(snapshot),
    conditions: [
      {
        type: "Suspended",
        status: "True",
        reason: Reason.Suspended,
        message: "spec.suspend is true; set it to false to go on from the last committed round",
      },
      {
        type: "Progressing",
        status: "False",
        reason: Reason.Suspended,
        message: "no rounds are opened while spec.suspend is true",
      },
    ],
    requeueAfterMs: 10_000,
  };
};

/** What the aggregator runs with is taken anew when the job is resumed; until then nothing of it changes. */
function openRun({ job, hub }: JobSnapshot): Action[] {
  const { kept, configText } = hub;
  if (kept === undefined || kept.isOpen || configText === undefined) return [];
  const object = renderOpenConfig(job, configText, kept.run);
  const why = "what the aggregator runs with is taken anew when the job is resumed";
  return [{ type: "apply-hub", kind: Kinds.ConfigMap, object, why }];
}
