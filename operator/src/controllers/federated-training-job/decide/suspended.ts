import { Reason } from "@tributary/contracts";
import { keepStarted, keptReadiness } from "./keep-started.ts";
import { conditionOf, type Policy } from "./verdict.ts";

/** A suspended job keeps its aggregator and what is committed; its workers go. */
export const suspended: Policy = (snapshot) => {
  if (!snapshot.job.spec.suspend) {
    const before = conditionOf(snapshot, "Suspended");
    // A spec that was not accepted when the job was resumed has kept its workers away until now.
    const was = before?.status === "True" || before?.reason === Reason.NotAccepted;
    return {
      conditions: [{ type: "Suspended", status: "False", reason: Reason.Resumed, message: "the job is not suspended" }],
      events: was ? [{ type: "Normal", reason: Reason.Resumed, note: "workers are placed again" }] : [],
    };
  }
  return {
    final: true,
    placing: { type: "leave" },
    // What it runs with is taken anew when the job is resumed; until then nothing of it changes.
    actions: keepStarted(snapshot, { isOpen: true }),
    conditions: [
      ...keptReadiness(snapshot),
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
