import { Reason } from "@tributary/contracts";
import { keepStarted, keptReadiness } from "./keep-started.ts";
import { conditionOf, noVerdict, type Policy, type Verdict } from "./verdict.ts";

/** What a suspension takes away and says, whatever else is known of the job. */
const pause = {
  final: true,
  placing: { type: "leave" },
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
} satisfies Verdict;

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
    ...pause,
    // What it runs with is taken anew when the job is resumed; until then nothing of it changes.
    actions: keepStarted(snapshot, { isOpen: true }),
    conditions: [...keptReadiness(snapshot), ...pause.conditions],
  };
};

/**
 * Where something on the hub may not be read, nothing is decided that depends on it: what was refused is not missing. A job that is
 * suspended gives its workers back all the same.
 */
export const unread: Policy = ({ hub, job }) => {
  if (hub.unread === undefined) return noVerdict;
  return job.spec.suspend ? pause : { final: true };
};
