import { Reason } from "@tributary/contracts";
import { removeSeats } from "./seats.ts";
import { conditionOf, type Policy } from "./verdict.ts";

/** A suspended job keeps its aggregator and what is committed; its workers go. */
export const suspended: Policy = (snapshot, settings) => {
  if (!snapshot.job.spec.suspend) {
    const was = conditionOf(snapshot, "Suspended")?.status === "True";
    return {
      conditions: [{ type: "Suspended", status: "False", reason: Reason.Resumed, message: "the job is not suspended" }],
      events: was ? [{ type: "Normal", reason: Reason.Resumed, note: "workers are placed again" }] : [],
    };
  }
  return {
    final: true,
    actions: removeSeats(snapshot, settings, "the job is suspended"),
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
